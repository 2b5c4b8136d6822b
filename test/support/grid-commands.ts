// Commands for tests in the browser that need a whole coordinator: it runs in Vitest's own process, in a directory of its own.
import { rm } from 'node:fs/promises'
import type { BrowserCommand } from 'vitest/node'

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Starts a coordinator that takes delegations made at `origins`; returns its address. */
    startCoordinator(origins?: string[]): Promise<string>
    /** Stops every coordinator and throws what one of them reported as a bug. */
    stopCoordinators(): Promise<void>
  }
}

type Running = { readonly close: () => Promise<void>; readonly dataDir: string; readonly bugs: unknown[] }

const running: Running[] = []

const startCoordinator: BrowserCommand<[string[]?]> = async (_context, origins) => {
  const { openCoordinator } = await import('../../src/coordinator/coordinator.ts')
  const { newDataDir } = await import('./empty-store.ts')
  const dataDir = await newDataDir('grid')
  const bugs: unknown[] = []
  const report = (error: unknown) => bugs.push(error)
  const coordinator = await openCoordinator({ dataDir, report, ...(origins === undefined ? {} : { origins }) })
  running.push({ close: () => coordinator.close(), dataDir, bugs })
  return coordinator.url
}

const stopCoordinators: BrowserCommand = async () => {
  for (const { close, dataDir, bugs } of running.splice(0)) {
    await close()
    await rm(dataDir, { recursive: true, force: true })
    if (bugs.length > 0) throw bugs[0]
  }
}

/** For the `commands` of Vitest's browser mode. */
export const gridCommands = { startCoordinator, stopCoordinators }
