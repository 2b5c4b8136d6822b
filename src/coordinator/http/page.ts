// The built pages and their files, with the headers that keep them what they are: a strict policy with Trusted Types, our own page in no
// frame and isolated from other origins, so that its threads may share memory; the widget's frame in any page, isolated if that page is.
// Files with a hash in their name are cached for ever; text travels compressed; the first page opens in the language the browser asks for.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { languageFor } from '#core/language-choice.ts'
import { NotFoundError } from './errors.ts'

const STYLES = "style-src 'self'"

/** Languages of one header that are looked at: browsers send a handful, a hostile header thousands. */
const MAX_WISHES = 32

/** What a page of ours may do. Lit makes its policy `lit-html`, the page's own worker and module addresses go through `commonwatt`. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  STYLES,
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html commonwatt',
]

/** Everything that a page, a frame or a worker of ours loads is our own or says that it may be loaded: so it may be isolated, or in an isolated page. */
const FRAME = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'cross-origin' }

/** Our own page shares no process with others. */
const ISOLATED = { ...FRAME, 'cross-origin-opener-policy': 'same-origin' }

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
}

/** Says in the page's own document that the grid is one that was just started here, so that no other page ever has to ask. */
const TOUR = '<meta name="commonwatt-tour" content="first-minute" />'

/** Routes of the pages built into `dir`; without a directory there are none. `hasTour` lets the page show a newcomer around. */
export function pageRoutes(dir: string | undefined, hasTour = false): Hono {
  const app = new Hono()
  if (dir === undefined) return app
  app.use(compress())
  app.get('/', async (c) => {
    const language = languageFor(wishesOf(c.req.header('accept-language')))
    const document = await load(dir, `index.${language}.html`, 'index.html')
    return page(hasTour ? withTour(document) : document, "frame-ancestors 'none'", {
      ...ISOLATED,
      vary: 'accept-language',
    })
  })
  // One document: its script tells by the path what is asked for.
  for (const path of ['/explorer', '/explorer/unit/:id', '/explorer/certificate/:id'])
    app.get(path, async () => page(await load(dir, 'explorer.html'), "frame-ancestors 'none'", ISOLATED))
  app.get('/sites', async () => page(await load(dir, 'sites.html'), "frame-ancestors 'none'", ISOLATED))
  app.get('/embed', async () => page(await load(dir, 'embed.html', 'embed/index.html'), 'frame-ancestors *', FRAME))
  // Not isolated: its opener is the frame, whom it answers.
  app.get('/embed/confirm', async () => page(await load(dir, 'confirm.html'), "frame-ancestors 'none'", FRAME))
  app.get('/*', async (c) => file(c.req.path.slice(1), dir))
  return app
}

function withTour(document: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(document)
  return new TextEncoder().encode(text.replace('</head>', `${TOUR}</head>`))
}

/** Languages (BCP 47) of an Accept-Language header, most wanted first. */
function wishesOf(header = ''): string[] {
  const wishes = header.split(',', MAX_WISHES).map((wish) => {
    const [language = '', weight = 'q=1'] = wish.split(';', 2)
    return { language: language.trim(), quality: Number(weight.trim().slice('q='.length)) || 0 }
  })
  return wishes.toSorted((a, b) => b.quality - a.quality).map(({ language }) => language)
}

/** The styles that stand in a document of ours, as its policy names them. */
function styleHashes(document: Uint8Array<ArrayBuffer>): string {
  const styles = new TextDecoder().decode(document).matchAll(/<style>(.*?)<\/style>/gs)
  const hashes = Array.from(styles, ([, css = '']) => ` 'sha256-${createHash('sha256').update(css).digest('base64')}'`)
  return hashes.join('')
}

function page(bytes: Uint8Array<ArrayBuffer>, frames: string, headers: Readonly<Record<string, string>>): Response {
  return new Response(bytes, {
    headers: {
      ...headers,
      'content-type': TYPES['.html'] ?? '',
      'content-security-policy': [...PAGE_POLICY, frames].join('; ').replace(STYLES, `${STYLES}${styleHashes(bytes)}`),
      'cache-control': 'no-cache',
    },
  })
}

async function file(path: string, dir: string): Promise<Response> {
  const type = TYPES[extname(path)]
  if (type === undefined || extname(path) === '.html') throw new NotFoundError(`page /${path.slice(0, 100)}`)
  const bytes = await load(dir, path)
  const isHashed = path.startsWith('assets/')
  return new Response(bytes, {
    headers: {
      'content-type': type,
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      // A worker's own policy comes with its script.
      'content-security-policy': PAGE_POLICY.join('; '),
      'access-control-allow-origin': '*',
      ...FRAME,
    },
  })
}

async function load(dir: string, ...paths: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const root = resolve(dir)
  for (const path of paths) {
    const absolute = resolve(join(root, path))
    if (!absolute.startsWith(root + sep) || path.includes('\0')) break
    try {
      return new Uint8Array(await readFile(absolute))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR') throw error
    }
  }
  throw new NotFoundError(`page /${(paths[0] ?? '').slice(0, 100)}`)
}
