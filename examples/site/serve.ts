// A site on an origin of its own that carries the widget under a strict policy, with the digest of embed.js pinned:
// `node examples/site/serve.ts`, beside `npm start`. COORDINATOR and PORT change where, ACCOUNT and
// CREDIT who gets how much per cent of what visitors earn here.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Server, type ServerResponse, createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

/** Where the site listens and whose widget it carries. */
export type SiteOptions = {
  readonly coordinator: string
  readonly hostname: string
  readonly port: number
  /** Key of the account that gets `percent` of what visitors earn here; nobody when it is left out. */
  readonly credit?: { readonly account: string; readonly percent: number }
}

const FILES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/site.css': 'site.css',
  '/site.js': 'site.js',
}
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}
/** What the frame may use if the site lets it: passkeys, and the signs by which it eases off. */
const GRANTED = ['publickey-credentials-get', 'publickey-credentials-create', 'clipboard-write', 'compute-pressure']

/** Serves the site; close the server to end it. Throws where the coordinator has no embed.js. */
export async function openSite({ coordinator, hostname, port, credit }: SiteOptions): Promise<Server> {
  const { origin } = new URL(coordinator)
  const integrity = await digestOf(`${origin}/embed.js`)
  const headers = {
    'content-security-policy':
      `default-src 'none'; script-src 'self' ${origin}; frame-src ${origin}; style-src 'self'; base-uri 'none'; ` +
      "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    'permissions-policy': GRANTED.map((name) => `${name}=(self "${origin}")`).join(', '),
    'referrer-policy': 'no-referrer',
  }
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const name = FILES[path]
    if (name === undefined) {
      response.writeHead(404).end()
      return
    }
    const text = await readFile(new URL(name, import.meta.url), 'utf8')
    response.writeHead(200, { ...headers, 'content-type': TYPES[name.split('.')[1] ?? ''] ?? 'text/plain' })
    const attributes = credit === undefined ? '' : `account="${credit.account}" credit="${credit.percent}"`
    const page = text.replaceAll('{{coordinator}}', origin).replaceAll('{{integrity}}', integrity)
    response.end(page.replaceAll('{{credit}}', attributes))
  }
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://site').pathname, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => resolve())
  })
  return server
}

async function digestOf(url: string): Promise<string> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answers ${response.status}: start the grid first, with npm start.`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const coordinator = process.env['COORDINATOR'] ?? 'http://localhost:4747'
  const port = Number(process.env['PORT'] ?? 4748)
  const account = process.env['ACCOUNT']
  if (account !== undefined && !/^[0-9a-f]{64}$/.test(account))
    throw new Error('ACCOUNT is not a key of 64 hex digits: `commonwatt account create` shows one.')
  const percent = Number(process.env['CREDIT'] ?? 20)
  const credit = account === undefined ? {} : { credit: { account, percent } }
  await openSite({ coordinator, hostname: '127.0.0.1', port, ...credit })
  process.stdout.write(`A site with the widget of ${coordinator}: http://127.0.0.1:${port}/\n`)
}
