// The composition root of a coordinator: one process, one data directory, one port for pages, API and peers. Whatever it holds in memory
// can be lost at any moment; what counts is in the store and the log.
import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { toHex } from '#core/bytes.ts'
import { decodeCbor } from '#core/cbor.ts'
import { type Clock, systemClock } from '#core/clock.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type Random, systemRandom } from '#core/random.ts'
import { parseAs } from '#core/schema.ts'
import { logEntrySchema } from '#ledger/entry.ts'
import { type Genesis, networkId } from '#ledger/genesis.ts'
import { createCoordinatorPeer } from '#net/coordinator-peer.ts'
import { BlobDirectory } from './blobs/blob-directory.ts'
import { type CoordinatorConfig, DEFAULT_CONFIG } from './config.ts'
import { sweepContents } from './content-sweep.ts'
import { openCoordinatorKey } from './coordinator-key.ts'
import { keepEpochs } from './epochs.ts'
import { JobEvents } from './events.ts'
import { FirstMinute } from './first-minute.ts'
import type { Grid } from './grid.ts'
import { EpochSecrets } from './draw/epoch-secrets.ts'
import { Rosters } from './draw/rosters.ts'
import { createApp } from './http/app.ts'
import { ACCOUNT_LIMIT, RateLimiter, WRITE_LIMIT } from './http/rate-limit.ts'
import { LiveNodes } from './live-nodes.ts'
import { TransparencyLog } from './log/transparency-log.ts'
import { openReference } from './reference/reference.ts'
import { servePeers } from './peers/serve-peers.ts'
import { lockDirectory } from './store/lock.ts'
import { readLogEntries } from './store/log.ts'
import { openModels } from './open-models.ts'
import { type Store, openStore } from './store/store.ts'

/** How a coordinator is started. Port 0 takes any free one. */
export type CoordinatorOptions = {
  readonly dataDir: string
  readonly port?: number
  readonly host?: string
  readonly config?: Partial<CoordinatorConfig>
  readonly clock?: Clock
  readonly random?: Random
  /** Origins under which our pages are reached, for delegations; the coordinator's own URL when omitted. */
  readonly origins?: readonly string[]
  /** The built pages; without them only the API is served. */
  readonly pageDir?: string
  /** Whether the page shows a newcomer what happens in the first minute: for a grid that was just started on one's own machine. */
  readonly hasTour?: boolean
  /** Told of what should not happen. */
  readonly report?: (error: unknown) => void
}

/** A running coordinator. */
export type Coordinator = {
  /** Where pages and API are, e.g. http://localhost:4747 */
  readonly url: string
  readonly network: Digest
  /** Stops everything; what runs goes on after the next start. */
  close(): Promise<void>
}

/** Connections at a time: nodes, requesters and listeners together. */
const MAX_CONNECTIONS = 10_000

/** Time to send a request's head, and all of it: an announcement of 18 MB at 150 kB/s. A slow sender holds no connection for longer. */
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 120_000

/** Opens the coordinator in `dataDir`. Throws DirectoryLockedError, {@link PortError}, {@link ForeignStoreError}. */
export async function openCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const closers: (() => Promise<void>)[] = []
  let isClosing = false
  const close = async () => {
    isClosing = true
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  // Requests that are cut off by the end are no bugs.
  const report = (error: unknown) => {
    if (!isClosing) options.report?.(error)
  }
  const onLockLost = async (error: Error) => {
    report(error)
    await close()
  }
  try {
    return { ...(await start({ ...options, report }, (closer) => closers.push(closer), onLockLost)), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

async function start(
  options: CoordinatorOptions,
  onClose: (closer: () => Promise<void>) => void,
  onLockLost: (error: Error) => Promise<void>,
): Promise<Omit<Coordinator, 'close'>> {
  const { dataDir, host = '127.0.0.1', port = 0, pageDir } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(dataDir)
  onClose(() => lock.release())
  void lock.lost.then(onLockLost)
  const grid = await openGrid(options, onClose)
  let answer = (_request: Request, _env: object): Response | Promise<Response> => new Response(null, { status: 503 })
  const server = await listen((request, env) => answer(request, env), host, port)
  onClose(() => stopServer(server))
  const peer = await createCoordinatorPeer({ signer: grid.signer, server, clock: grid.clock })
  onClose(() => peer.close())
  const nodes = new LiveNodes()
  const url = urlOf(server, host)
  onClose(sweepContents(grid))
  onClose(keepEpochs(grid))
  onClose(await servePeers({ grid, nodes, peer, origins: options.origins ?? [url] }))
  const { clock, events, report, store } = grid
  const watched = { db: store.db, nodes, events, sinceMs: clock.nowMs(), report }
  const firstMinute = options.hasTour === true ? new FirstMinute(watched) : undefined
  const app = createApp({
    grid,
    nodes,
    peer,
    wake: () => nodes.changed(),
    pageDir,
    firstMinute,
    writes: new RateLimiter(WRITE_LIMIT, grid.clock),
    newAccounts: new RateLimiter(ACCOUNT_LIMIT, grid.clock),
  })
  answer = (request, env) => app.fetch(request, env)
  return { url, network: grid.network }
}

async function openGrid(options: CoordinatorOptions, onClose: (closer: () => Promise<void>) => void): Promise<Grid> {
  const { dataDir, clock = systemClock, random = systemRandom, report = () => undefined } = options
  const config = { ...DEFAULT_CONFIG, ...options.config }
  const { signer } = await openCoordinatorKey(dataDir, random)
  const store = await openStore(join(dataDir, 'store'))
  onClose(() => store.close())
  const genesis = await genesisOf(store, signer, config.networkName, random)
  const network = networkId(genesis)
  const log = await TransparencyLog.open({ store, signer, network, clock, report }, { type: 'genesis', genesis })
  onClose(() => log.close())
  const blobs = new BlobDirectory(join(dataDir, 'contents'), random)
  const models = openModels()
  onClose(() => models.close())
  const reference = openReference(blobs)
  onClose(() => reference.close())
  const events = new JobEvents()
  const periodMs = config.drawEpochMs
  const secrets = await EpochSecrets.open({ dataDir, store, log, clock, random, periodMs, report })
  onClose(() => secrets.close())
  const draws = { secrets, rosters: new Rosters(random) }
  return {
    config,
    store,
    blobs,
    log,
    events,
    reference,
    draws,
    models,
    signer,
    genesis,
    network,
    clock,
    random,
    report,
  }
}

/** The genesis in the log, or a new one. */
async function genesisOf(store: Store, signer: Signer, name: string, random: Random): Promise<Genesis> {
  const [first] = await readLogEntries(store.db, 0, 1)
  if (first === undefined)
    return { name, coordinator: signer.publicKey, nonce: toHex(random.bytes(DIGEST_BYTES)) as Digest }
  const entry = parseAs(logEntrySchema, decodeCbor(first.entry), 'genesis entry')
  if (entry.type !== 'genesis' || entry.genesis.coordinator !== signer.publicKey) throw new ForeignStoreError()
  return entry.genesis
}

function listen(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<Server> {
  const server = createAdaptorServer({ fetch }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new PortError(host, port, error)))
    server.listen(port, host, () => resolve(server))
  })
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  const isLocal = ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost'].includes(host)
  return `http://${isLocal ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The port cannot be listened on. */
export class PortError extends AppError {
  override readonly name = 'coordinator.Port'
  constructor(host: string, port: number, cause: Error) {
    const isTaken = 'code' in cause && cause.code === 'EADDRINUSE'
    const problem = isTaken ? 'it is in use: stop what uses it or choose another with --port' : cause.message
    super('input', `Port ${port} of ${host} cannot be opened: ${problem}.`, { cause })
  }
}

/** The store belongs to another key than the one beside it. */
export class ForeignStoreError extends AppError {
  override readonly name = 'coordinator.ForeignStore'
  constructor() {
    super('input', 'The store was begun with another coordinator key: restore that key or choose another directory.')
  }
}
