// Starts the worker of a page. Under Trusted Types a worker's address must come from a policy: ours knows this one address.
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import workerUrl from './worker.ts?worker&url'
import { type WorkerHandle, linkWorker } from './worker-link.ts'

/** The policy's name, as the page's Content-Security-Policy lists it. */
const POLICY = 'commonwatt'

type ScriptUrlPolicy = { createScriptURL(url: string): string }
type TrustedTypes = { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy }

let policy: ScriptUrlPolicy | undefined

/** Starts a module worker of our own origin. */
export function openPageWorker(): WorkerHandle {
  const worker = new Worker(scriptUrl(workerUrl), { type: 'module', name: 'commonwatt' })
  return linkWorker(worker, {
    terminate: () => worker.terminate(),
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => listener(event.message || 'its script did not load'))
      worker.addEventListener('messageerror', () => listener('a message could not be read'))
    },
  })
}

/** The address as the platform wants it. A policy can be made once, so it is kept. */
function scriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (trustedTypes === undefined) return url
  policy ??= trustedTypes.createPolicy(POLICY, {
    createScriptURL: (wanted) => {
      if (wanted !== workerUrl) throw new TypeError(`The address ${wanted} is not the worker's.`)
      return wanted
    },
  })
  return policy.createScriptURL(url)
}
