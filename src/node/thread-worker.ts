// Starts the worker of a Node process: one thread, one port.
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Endpoint } from 'comlink'
import type { ThreadData } from './thread.ts'
import { type WorkerHandle, linkWorker } from './worker-link.ts'

/** A worker thread; `exited` resolves when nothing of it is left. */
export type ThreadHandle = WorkerHandle & { readonly exited: Promise<void> }

/** Starts a worker thread with the reference backend; model files are kept in `modelFolder`, or in memory without one. */
export function openThreadWorker(modelFolder?: string): ThreadHandle {
  const { port1, port2 } = new MessageChannel()
  const thread = new Worker(new URL('thread.ts', import.meta.url), {
    workerData: { port: port2, modelFolder } satisfies ThreadData,
    transferList: [port2],
  })
  const exited = new Promise<void>((resolve) => void thread.once('exit', () => resolve()))
  const handle = linkWorker(port1 as unknown as Endpoint, {
    terminate: () => {
      port1.close()
      void thread.terminate()
    },
    onFailure: (listener) => {
      thread.on('error', (error) => listener(error instanceof Error ? error.message : String(error)))
      thread.on('exit', (code) => listener(`the thread ended with code ${code}`))
    },
  })
  return { ...handle, exited }
}
