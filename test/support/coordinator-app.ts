// The coordinator's HTTP application in process: a real store, log and blob directory, and a peer that only has addresses.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { toHex } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { BlobDirectory } from '#coordinator/blobs/blob-directory.ts'
import { type CoordinatorConfig, DEFAULT_CONFIG } from '#coordinator/config.ts'
import { EpochSecrets } from '#coordinator/draw/epoch-secrets.ts'
import { Rosters } from '#coordinator/draw/rosters.ts'
import { JobEvents } from '#coordinator/events.ts'
import { referenceModels } from '#model/model-cache.ts'
import type { Grid } from '#coordinator/grid.ts'
import { createApp } from '#coordinator/http/app.ts'
import { ACCOUNT_LIMIT, RateLimiter, WRITE_LIMIT } from '#coordinator/http/rate-limit.ts'
import { LiveNodes } from '#coordinator/live-nodes.ts'
import { openReference } from '#coordinator/reference/reference.ts'
import { TransparencyLog } from '#coordinator/log/transparency-log.ts'
import { networkId } from '#ledger/genesis.ts'
import { openEmptyStore } from './empty-store.ts'

/** An application and what it stands on. `config` may be changed between requests. */
export type TestApp = {
  readonly app: Hono
  readonly grid: Grid
  readonly config: { -readonly [K in keyof CoordinatorConfig]: CoordinatorConfig[K] }
  readonly nodes: LiveNodes
  readonly bugs: unknown[]
  close(): Promise<void>
}

/** Opens an application over an empty store. */
export async function openTestApp(clock: Clock, pageDir?: string): Promise<TestApp> {
  const random = seededRandom('coordinator app')
  const dir = await mkdtemp(join(tmpdir(), 'app-'))
  const signer = signerFromSecret(random.bytes(32))
  const store = await openEmptyStore()
  const bugs: unknown[] = []
  const report = (error: unknown) => void bugs.push(error)
  const genesis = { name: 'test', coordinator: signer.publicKey, nonce: toHex(random.bytes(32)) as Digest }
  const network = networkId(genesis)
  const log = await TransparencyLog.open({ store, signer, network, clock, report }, { type: 'genesis', genesis })
  const config = { ...DEFAULT_CONFIG }
  const blobs = new BlobDirectory(dir, random)
  const events = new JobEvents()
  const models = referenceModels()
  const reference = openReference(blobs)
  const periodMs = config.drawEpochMs
  const secrets = await EpochSecrets.open({ dataDir: dir, store, log, clock, random, periodMs, report })
  const draws = { secrets, rosters: new Rosters(random) }
  const grid: Grid = {
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
  const nodes = new LiveNodes()
  const peer = {
    multiaddrs: ['/dns/localhost/tcp/4747/ws'],
    libp2p: { peerId: { toString: () => 'peer' }, status: 'started' },
    relayed: { bytes: () => 0 },
  } as unknown as Parameters<typeof createApp>[0]['peer']
  const limiters = {
    writes: new RateLimiter(WRITE_LIMIT, clock),
    newAccounts: new RateLimiter(ACCOUNT_LIMIT, clock),
  }
  const app = createApp({ grid, nodes, peer, wake: () => nodes.changed(), pageDir, ...limiters })
  return {
    app,
    grid,
    config,
    nodes,
    bugs,
    close: async () => {
      await reference.close()
      await secrets.close()
      await log.close()
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
