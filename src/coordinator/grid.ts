// What the coordinator's parts share: the durable state, the log, the key, the clock. No part reaches for a global.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import type { Random } from '#core/random.ts'
import type { SigningContext } from '#core/signed.ts'
import type { ModelCache } from '#model/model-cache.ts'
import type { Genesis } from '#ledger/genesis.ts'
import type { BlobDirectory } from './blobs/blob-directory.ts'
import type { CoordinatorConfig } from './config.ts'
import type { EpochSecrets } from './draw/epoch-secrets.ts'
import type { Rosters } from './draw/rosters.ts'
import type { JobEvents } from './events.ts'
import type { TransparencyLog } from './log/transparency-log.ts'
import type { Reference } from './reference/reference.ts'
import type { Store } from './store/store.ts'

/** The shared parts. */
export type Grid = {
  readonly config: CoordinatorConfig
  readonly store: Store
  readonly blobs: BlobDirectory
  readonly log: TransparencyLog
  readonly events: JobEvents
  /** What draws are made from. */
  readonly draws: { readonly secrets: EpochSecrets; readonly rosters: Rosters }
  /** Computes disputed parts and audits results, in a thread of its own. */
  readonly reference: Reference
  /** Language models that possession tags run on. */
  readonly models: ModelCache
  readonly signer: Signer
  readonly genesis: Genesis
  readonly network: Digest
  readonly clock: Clock
  readonly random: Random
  /** Told of what should not happen; never of secrets. */
  readonly report: (error: unknown) => void
}

/** What a message signed now carries. */
export function signingContext({ network, log }: Pick<Grid, 'network' | 'log'>): SigningContext {
  return { network, checkpoint: log.checkpoint }
}
