// The service worker: opens the pages without a connection, brings a click on a notification back to the page, and waits with a new
// version until a person says so. It has no words of its own and computes nothing.
import { systemClock } from '#core/clock.ts'
import { TAKE_OVER } from '#ui/page-update.ts'
import { ShellCache, type ShellFiles } from './shell-cache.ts'

/** Put in place by the build. */
declare const __SHELL__: ShellFiles

type Lasting = Event & { waitUntil(work: Promise<unknown>): void }
type Asking = Lasting & { readonly request: Request; respondWith(answer: Promise<Response>): void }
type Client = { readonly url: string; focus(): Promise<unknown> }
type Clicked = Lasting & { readonly notification: Notification }

/** The part of a service worker's global scope that is used; the compiler knows pages. */
type Scope = {
  readonly caches: CacheStorage
  readonly location: { readonly origin: string }
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window' }): Promise<readonly Client[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  fetch(request: Request): Promise<Response>
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void
  addEventListener(type: 'fetch', listener: (event: Asking) => void): void
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
}

const scope = globalThis as unknown as Scope
const shell = new ShellCache({
  ...__SHELL__,
  caches: scope.caches,
  origin: scope.location.origin,
  fetch: (request) => scope.fetch(request),
  clock: systemClock,
})

scope.addEventListener('install', (event) => event.waitUntil(shell.install()))
scope.addEventListener('activate', (event) => event.waitUntil(shell.activate().then(() => scope.clients.claim())))
scope.addEventListener('fetch', (event) => {
  const answer = shell.answer(event.request)
  if (answer !== null) event.respondWith(answer)
})
scope.addEventListener('message', ({ data }) => {
  if (data === TAKE_OVER) void scope.skipWaiting()
})
scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(showPage())
})

/** The page that is open, or a new one. */
async function showPage(): Promise<void> {
  const home = `${scope.location.origin}/`
  const open = (await scope.clients.matchAll({ type: 'window' })).find(({ url }) => url === home)
  await (open === undefined ? scope.clients.openWindow(home) : open.focus())
}
