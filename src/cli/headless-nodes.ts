// Headless contributors: real pages in a Chromium each, or, where there is none, a Node process on the reference backend. Both give the
// same digests. What they share is here; how each is started is in chromium-node.ts and process-node.ts.
import { join } from 'node:path'
import { chromiumArgs, findChromium } from '#scripts/find-chromium.mjs'

/** One running contributor. */
export interface HeadlessNode {
  /** Resolves with the reason when it ended without having been asked to. */
  readonly ended: Promise<string>
  /** Stops contributing, says so to the network, and closes what it runs in. */
  stop(): Promise<void>
}

/** How contributors are started. */
export type HeadlessOptions = {
  readonly url: string
  readonly count: number
  /** A folder for each node's profile or key, so that it keeps its identity. */
  readonly folder: string
  readonly withBrowser: boolean
  readonly signal: AbortSignal
  /** Told of what people should know. */
  readonly note: (text: string) => void
}

/** A set of running contributors. */
export type HeadlessNodes = { readonly kind: 'browser' | 'process'; stop(): Promise<void> }

/** Pause before a node that ended is started again. */
const RESTART_MS = 3_000

/** Starts `count` contributors and keeps them running until they are stopped. Throws when the first start of one fails. */
export async function openHeadlessNodes(options: HeadlessOptions): Promise<HeadlessNodes> {
  const { count, folder, withBrowser, note } = options
  const executablePath = withBrowser ? await findChromium() : undefined
  const kind = executablePath === undefined ? 'process' : 'browser'
  if (withBrowser && executablePath === undefined && count > 0)
    note('There is no Chromium here: the nodes are Node processes on the reference backend, with the same digests.')
  const open = async (index: number): Promise<HeadlessNode> => {
    const parts = { url: options.url, folder: join(folder, `${kind}-${index}`), signal: options.signal }
    if (executablePath === undefined) {
      const { openProcessNode } = await import('./process-node.ts')
      return openProcessNode(parts)
    }
    const { openChromiumNode } = await import('./chromium-node.ts')
    return openChromiumNode({ ...parts, executablePath, args: chromiumArgs() })
  }
  const keepers: Keeper[] = []
  try {
    const started = await Promise.allSettled(
      Array.from({ length: count }, (_, index) => startKeeper(index, open, note)),
    )
    for (const result of started) if (result.status === 'fulfilled') keepers.push(result.value)
    for (const result of started) if (result.status === 'rejected') throw result.reason
  } catch (error) {
    await stopAll(keepers)
    throw error
  }
  return { kind, stop: () => stopAll(keepers) }
}

/** Keeps one node running. */
type Keeper = { stop(): Promise<void> }

async function startKeeper(
  index: number,
  open: (index: number) => Promise<HeadlessNode>,
  note: (text: string) => void,
): Promise<Keeper> {
  const stopping = new AbortController()
  let current: HeadlessNode | undefined = await open(index)
  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const reason = await Promise.race([current?.ended ?? 'it did not start', whenAborted(stopping.signal)])
      if (stopping.signal.aborted) return
      note(`Node ${index + 1} ended: ${reason}. It is started again.`)
      await current?.stop().catch(() => undefined)
      current = undefined
      await Promise.race([pause(RESTART_MS), whenAborted(stopping.signal)])
      if (!stopping.signal.aborted) current = await open(index).catch(() => undefined)
    }
  }
  const kept = keep()
  return {
    async stop() {
      stopping.abort()
      await kept
      await current?.stop()
    },
  }
}

async function stopAll(keepers: readonly Keeper[]): Promise<void> {
  await Promise.allSettled(keepers.map((keeper) => keeper.stop()))
}

function whenAborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped')
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
}

function pause(delayMs: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('paused'), delayMs).unref())
}
