// Headless contributors: real pages in a Chromium each, or, where there is none, a Node process on the reference backend. Both give the
// same digests. Which way is taken, and that nodes keep running, is here; how one starts is in chromium-node.ts and process-node.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { toErrorRecord } from '#core/errors.ts'
import { connect } from '#sdk/index.ts'
import { chromiumArgs, findChromium } from '#scripts/find-chromium.mjs'
import type { HeadlessNode } from './headless-node.ts'

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

/** One way to run a contributor, from the best to the one that always works. */
type Way = {
  readonly kind: HeadlessNodes['kind']
  readonly name: string
  open(parts: { url: string; folder: string; signal: AbortSignal }): Promise<HeadlessNode>
}

/** Pause before a node that ended is started again. */
const RESTART_MS = 3_000

/** Device files of GPUs on Linux; elsewhere there is always something that draws the screen. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg']

/** Starts `count` contributors and keeps them running until they are stopped. Throws when the coordinator does not answer. */
export async function openHeadlessNodes(options: HeadlessOptions): Promise<HeadlessNodes> {
  const { url, count, signal, note } = options
  // An address where nobody answers is said here, in one sentence, and not by a page that waits for it.
  await connect(url, { signal })
  const ways = await waysOf(options)
  for (const [index, way] of ways.entries()) {
    try {
      return { kind: way.kind, stop: await startAll(options, way) }
    } catch (error) {
      const next = ways[index + 1]
      if (signal.aborted || next === undefined) throw error
      note(`${describeNodes(count)} cannot run in ${way.name}: ${firstLine(error)} Trying ${next.name}.`)
    }
  }
  throw new RangeError('There is no way to run a node.')
}

async function waysOf({ withBrowser, count, note }: HeadlessOptions): Promise<Way[]> {
  const inProcess: Way = {
    kind: 'process',
    name: 'Node processes on the reference backend, which give the same digests',
    async open(parts) {
      const { openProcessNode } = await import('./process-node.ts')
      return openProcessNode(parts)
    },
  }
  const executablePath = withBrowser ? await findChromium() : undefined
  if (executablePath === undefined) {
    if (withBrowser && count > 0) note(`There is no Chromium here: the nodes are ${inProcess.name}.`)
    return [inProcess]
  }
  const inBrowser = (hardware: boolean): Way => ({
    kind: 'browser',
    name: hardware ? 'Chromium on the GPU' : 'Chromium on an emulated GPU',
    async open(parts) {
      const { openChromiumNode } = await import('./chromium-node.ts')
      return openChromiumNode({ ...parts, executablePath, args: chromiumArgs({ hardware }), mustHaveGpu: hardware })
    },
  })
  return [...(hasGpu() ? [inBrowser(true)] : []), inBrowser(false), inProcess]
}

/** COMMONWATT_GPU=software or =hardware decides; otherwise whether there seems to be a GPU. */
function hasGpu(): boolean {
  const wanted = process.env['COMMONWATT_GPU']
  if (wanted === 'software' || wanted === 'hardware') return wanted === 'hardware'
  return process.platform !== 'linux' || GPU_DEVICES.some((path) => existsSync(path))
}

/** Starts all nodes in one way; returns what stops them. Throws when one does not start, with none left running. */
async function startAll({ url, count, folder, signal, note }: HeadlessOptions, way: Way): Promise<() => Promise<void>> {
  const open = (index: number) => way.open({ url, signal, folder: join(folder, `${way.kind}-${index}`) })
  const started = await Promise.allSettled(Array.from({ length: count }, (_, index) => startKeeper(index, open, note)))
  const keepers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure === undefined) return () => stopAll(keepers)
  await stopAll(keepers)
  throw failure.reason
}

function describeNodes(count: number): string {
  return count === 1 ? 'The node' : 'The nodes'
}

function firstLine(error: unknown): string {
  const [line = ''] = toErrorRecord(error).message.split('\n')
  return line.endsWith('.') ? line : `${line}.`
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
