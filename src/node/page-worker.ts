// Starts the worker of a page.
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import workerUrl from './worker.ts?worker&url'
import { ownScript } from '#core/script-address.ts'
import { type WorkerHandle, linkWorker } from './worker-link.ts'

/** Starts a module worker of our own origin. */
export function openPageWorker(): WorkerHandle {
  const worker = new Worker(ownScript(workerUrl), { type: 'module', name: 'commonwatt' })
  return linkWorker(worker, {
    terminate: () => worker.terminate(),
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => listener(event.message || 'its script did not load'))
      worker.addEventListener('messageerror', () => listener('a message could not be read'))
    },
  })
}
