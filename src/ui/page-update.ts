// Keeps the page's shell in this browser and tells when another version of it waits. Nothing reloads before a person says so: a page
// that works must not lose its node to a new version.
import { ownScript } from '#core/script-address.ts'

/** What the page tells the waiting service worker when a person wants the new version. */
export const TAKE_OVER = 'take-over'

/** How often a page that stays open looks for another version. */
const LOOK_MS = 60 * 60_000

const ADDRESS = '/service-worker.js'

/** Registers the service worker at {@link ADDRESS} where there are any; `onWaiting` gets the function that takes the new version and reloads. */
export async function keepShell(onWaiting: (takeOver: () => void) => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  const registration = await serviceWorker.register(ownScript(ADDRESS))
  const tell = (waiting: ServiceWorker) => {
    onWaiting(() => {
      serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
      waiting.postMessage(TAKE_OVER)
    })
  }
  // On a first visit nothing is replaced: what installs then is this very version.
  const watch = (incoming: ServiceWorker | null) => {
    incoming?.addEventListener('statechange', () => {
      if (incoming.state === 'installed' && registration.active !== null) tell(incoming)
    })
  }
  watch(registration.installing)
  registration.addEventListener('updatefound', () => watch(registration.installing))
  if (registration.waiting !== null && registration.active !== null) tell(registration.waiting)
  const look = () => void registration.update().catch(() => undefined)
  setInterval(look, LOOK_MS)
  globalThis.addEventListener('online', look)
}
