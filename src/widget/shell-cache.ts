// What the service worker keeps: the shell of our pages, so that they open without a connection. Files with a hash in their name come
// from the cache, pages from the network while it answers; the API, the widget's frame and everything of others pass by untouched.
import type { Clock } from '#core/clock.ts'

/** The files of one build that open the pages, and the build's name. The build writes them into the script. */
export type ShellFiles = { readonly version: string; readonly files: readonly string[] }

/** What a shell cache is made of. */
export type ShellParts = ShellFiles & {
  readonly caches: CacheStorage
  readonly fetch: (request: Request) => Promise<Response>
  readonly origin: string
  readonly clock: Pick<Clock, 'after'>
}

/** How a request is answered: not by us, from the cache first, or from the network first. */
export type Route = 'pass' | 'cache-first' | 'network-first'

const PREFIX = 'commonwatt-shell-'

/** A page that takes longer comes from the cache, where it is: people wait for a slow network, but not before an empty screen. */
export const PATIENCE_MS = 3_000

/** The part of a request that decides. */
export type Asked = Pick<Request, 'url' | 'method' | 'mode'>

/** Tells how `request` is answered on `origin`. `files` are those of the shell. */
export function routeOf({ url, method, mode }: Asked, origin: string, files: readonly string[]): Route {
  const { origin: asked, pathname } = new URL(url)
  if (method !== 'GET' || asked !== origin) return 'pass'
  if (pathname.startsWith('/assets/')) return 'cache-first'
  if (mode === 'navigate') return pageOf(pathname) === null ? 'pass' : 'network-first'
  return files.includes(pathname) ? 'network-first' : 'pass'
}

/** The document that a path shows, or null where it is none of the shell's. */
function pageOf(pathname: string): string | null {
  if (pathname === '/') return '/'
  return pathname === '/explorer' || pathname.startsWith('/explorer/') ? '/explorer' : null
}

/** One build's shell in the browser's cache. */
export class ShellCache {
  readonly #parts: ShellParts
  readonly #name: string

  constructor(parts: ShellParts) {
    this.#parts = parts
    this.#name = `${PREFIX}${parts.version}`
  }

  /** Fetches all of it, or fails: half a shell opens nothing. */
  async install(): Promise<void> {
    const { caches, files, origin } = this.#parts
    const cache = await caches.open(this.#name)
    // Names with a hash may come from the browser's own cache, the others are asked for anew.
    const requests = files.map(
      (file) => new Request(origin + file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }),
    )
    await cache.addAll(requests)
  }

  /** Removes what other builds left. */
  async activate(): Promise<void> {
    const { caches } = this.#parts
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== this.#name)
    await Promise.all(old.map((name) => caches.delete(name)))
  }

  /** The answer to `request`, or null when the browser is to ask by itself. */
  answer(request: Request): Promise<Response> | null {
    const { files, origin } = this.#parts
    switch (routeOf(request, origin, files)) {
      case 'pass':
        return null
      case 'cache-first':
        return this.#cacheFirst(request)
      case 'network-first':
        return this.#networkFirst(request)
    }
  }

  async #cacheFirst(request: Request): Promise<Response> {
    const cache = await this.#parts.caches.open(this.#name)
    const kept = await cache.match(request)
    if (kept !== undefined) return kept
    const response = await this.#parts.fetch(request)
    // A browser without room for it has the answer all the same.
    if (response.ok) await cache.put(request, response.clone()).catch(() => undefined)
    return response
  }

  async #networkFirst(request: Request): Promise<Response> {
    const { caches, clock, fetch } = this.#parts
    const asked = fetch(request)
    const cache = await caches.open(this.#name)
    const { pathname } = new URL(request.url)
    const kept = await cache.match(pageOf(pathname) ?? pathname)
    if (kept === undefined) return asked
    // A server that is being restarted is no connection either.
    const coming = asked.then(
      (response) => (response.status >= 500 ? kept : response),
      () => kept,
    )
    let cancel = () => {}
    const late = new Promise<Response>((resolve) => {
      cancel = clock.after(PATIENCE_MS, () => resolve(kept))
    })
    return Promise.race([coming, late]).finally(() => cancel())
  }
}
