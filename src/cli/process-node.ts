// A contributor as a Node process of its own: its reference kernels would hold up whoever shared a thread with them. The child lives as
// long as the channel to it: when this process ends in whatever way, so does the child.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type ErrorRecord, RemoteError } from '#core/errors.ts'
import type { HeadlessNode } from './headless-node.ts'

/** How one is started. */
export type ProcessNodeOptions = { readonly url: string; readonly folder: string; readonly signal: AbortSignal }

/** What the child says: that it contributes, or why it cannot. */
export type ChildMessage = { readonly say: 'started' } | { readonly say: 'failed'; readonly error: ErrorRecord }

/** Time for the child to say goodbye to the network. */
const STOP_TIMEOUT_MS = 5_000

/** Starts a contributor in a child process. Throws what the child fails with. */
export async function openProcessNode({ url, folder, signal }: ProcessNodeOptions): Promise<HeadlessNode> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(new URL('process-node-main.ts', import.meta.url)), [url, folder], {
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const exited = once(child, 'exit').then(([code, name]) => `its process ended with ${String(name ?? code)}`)
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }
  try {
    const started = once(child, 'message').then(([message]) => message as ChildMessage)
    const message = await Promise.race([
      started,
      exited.then((reason): ChildMessage => ({ say: 'failed', error: endedRecord(reason) })),
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    ])
    if (message.say === 'failed') throw new RemoteError(message.error)
    return { ended: exited, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function endedRecord(reason: string): ErrorRecord {
  return { name: 'cli.NodeEnded', kind: 'unavailable', message: `A node did not start: ${reason}.` }
}
