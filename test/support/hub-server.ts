// A Hub on this machine: listings, commits, files by ranges, large files behind another address, and the ways in which a real one fails.
import { createHash } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the Hub behaves. */
export type HubBehaviour = {
  /** Files of ORG/NAME by path; those in `large` are in large-file storage. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly large?: readonly string[]
  /** The only token that may read. */
  readonly token?: string
  /** Conditions that nobody has accepted. */
  readonly isGated?: boolean
  /** Bytes after which the connection breaks, once for each request of that file while the list lasts. */
  readonly breaks?: Readonly<Record<string, number[]>>
  /** Statuses that requests for files get first. */
  readonly statuses?: number[]
  /** Files that are sent with a byte changed. */
  readonly damaged?: readonly string[]
  /** Ignores ranges, as some proxies do. */
  readonly ignoresRanges?: boolean
  /** Files in one page of a listing. */
  readonly page?: number
  /** Listed sizes that are not the real ones. */
  readonly sizes?: Readonly<Record<string, number>>
}

/** What was asked for. */
export type HubRequest = {
  readonly path: string
  readonly range: string | undefined
  readonly token: string | undefined
  readonly isStorage: boolean
}

/** A running Hub; `close` ends it. */
export type HubServer = { readonly url: string; readonly requests: HubRequest[]; close(): Promise<void> }

/** The commit that every revision but "gone" is. */
export const HUB_COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** Starts a Hub with the one repository ORG/NAME. */
export async function startHub(behaviour: HubBehaviour): Promise<HubServer> {
  const requests: HubRequest[] = []
  const note = (request: IncomingMessage, isStorage: boolean) =>
    requests.push({
      path: request.url ?? '',
      range: request.headers.range,
      token: request.headers.authorization,
      isStorage,
    })
  const storage = await listen((request, response) => {
    note(request, true)
    sendFile(behaviour, decodeURIComponent(request.url?.slice(1) ?? ''), request, response)
  })
  const hub = await listen((request, response) => {
    note(request, false)
    answer(behaviour, storage.url, request, response)
  })
  return { url: hub.url, requests, close: async () => void (await Promise.all([hub.close(), storage.close()])) }
}

function answer(behaviour: HubBehaviour, storageUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://hub')
  const isKnown = /^(?:\/api\/models)?\/ORG\/NAME\//.test(url.pathname)
  const mayRead = behaviour.token === undefined || request.headers.authorization === `Bearer ${behaviour.token}`
  if (!isKnown || !mayRead)
    return refuse(response, request.headers.authorization === undefined ? 401 : isKnown ? 401 : 404, 'RepoNotFound')
  if (url.pathname.startsWith('/api/models/ORG/NAME/revision/'))
    return url.pathname.endsWith('/gone')
      ? refuse(response, 404, 'RevisionNotFound')
      : sendJson(response, { _id: 'x', id: 'ORG/NAME', sha: HUB_COMMIT })
  const tree = `/api/models/ORG/NAME/tree/${HUB_COMMIT}`
  if (url.pathname.startsWith(tree)) return sendTree(behaviour, url, url.pathname.slice(tree.length + 1), response)
  const path = decodeURIComponent(url.pathname.slice(`/ORG/NAME/resolve/${HUB_COMMIT}/`.length))
  if (behaviour.isGated === true) return refuse(response, 403, 'GatedRepo')
  const status = behaviour.statuses?.shift()
  if (status !== undefined) return refuse(response, status, 'Busy')
  if (behaviour.large?.includes(path) === true)
    return void response.writeHead(302, { Location: `${storageUrl}/${encodeURIComponent(path)}` }).end()
  sendFile(behaviour, path, request, response)
}

function sendTree(behaviour: HubBehaviour, url: URL, folder: string, response: ServerResponse): void {
  const inFolder = Object.entries(behaviour.files).filter(([path]) =>
    folder === '' ? !path.includes('/') : path.startsWith(`${folder}/`),
  )
  const start = Number(url.searchParams.get('cursor') ?? 0)
  const end = start + (behaviour.page ?? inFolder.length)
  if (end < inFolder.length) {
    url.searchParams.set('cursor', String(end))
    response.setHeader('Link', `<http://${response.req.headers.host}${url.pathname}${url.search}>; rel="next"`)
  }
  sendJson(response, [
    { type: 'directory', oid: '0', size: 0, path: 'onnx' },
    ...inFolder.slice(start, end).map(([path, bytes]) => entry(behaviour, path, bytes)),
  ])
}

function entry(behaviour: HubBehaviour, path: string, bytes: Uint8Array): object {
  const size = behaviour.sizes?.[path] ?? bytes.length
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  if (behaviour.large?.includes(path) !== true) return { type: 'file', path, size, oid }
  return {
    type: 'file',
    path,
    size,
    oid,
    lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size, pointerSize: 134 },
  }
}

function sendFile(behaviour: HubBehaviour, path: string, request: IncomingMessage, response: ServerResponse): void {
  const bytes = behaviour.files[path]
  if (bytes === undefined) return refuse(response, 404, 'EntryNotFound')
  const sent = Buffer.from(bytes)
  if (behaviour.damaged?.includes(path) === true) sent[sent.length >> 1] = (sent[sent.length >> 1] ?? 0) ^ 1
  const [, from = '0', to = String(sent.length - 1)] =
    behaviour.ignoresRanges === true ? [] : (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [])
  const body = sent.subarray(Number(from), Number(to) + 1)
  const isPart = request.headers.range !== undefined && behaviour.ignoresRanges !== true
  if (isPart) response.setHeader('Content-Range', `bytes ${from}-${to}/${sent.length}`)
  response.writeHead(isPart ? 206 : 200, { 'Content-Length': body.length })
  const stop = behaviour.breaks?.[path]?.shift()
  if (stop === undefined) return void response.end(body)
  // What is written has to leave before the connection goes.
  response.write(body.subarray(0, stop), () => setImmediate(() => response.destroy()))
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'X-Error-Code': code })
  response.end(JSON.stringify({ error: code }))
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(value))
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(handler)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
