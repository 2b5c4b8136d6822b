// What an operator may set, with its defaults and the reasons for the bounds.
import { DRAW_EPOCH_MS } from '#verify/epoch-secret.ts'
import { EPOCH_MS, HOLDBACK_EPOCHS } from '#ledger/pending.ts'
import { ATTO_PER_CREDIT } from '#ledger/price.ts'

/** Settings of a coordinator. */
export type CoordinatorConfig = {
  /** Name in the genesis; it never changes after the first start. */
  readonly networkName: string
  /** Granted once to every account that asks: what a newcomer can try the grid with. */
  readonly starterGrant: bigint
  /** Everything that may ever be granted: the cap of the network's economics. */
  readonly grantCap: bigint
  /** Bytes of all contents together: uploads past it are refused. */
  readonly maxContentBytes: number
  /** Jobs of one account that may run at a time. */
  readonly maxRunningJobs: number
  /** Longest life of one lease: a lost node is noticed by its heartbeat long before. */
  readonly leaseMs: number
  /** How long a node that was proven wrong is kept out. */
  readonly faultBanMs: number
  /** Length of a draw epoch: a draw can be checked this long after it was made. */
  readonly drawEpochMs: number
  /** Whether two nodes at one public address may not check the same unit. */
  readonly separatesAddresses: boolean
  /** Length of an epoch of the ledger. */
  readonly epochMs: number
  /** Epochs that earnings stay pending; a log that has begun keeps the number it began with. */
  readonly holdbackEpochs: number
  /** Whether an exact unit that was certified before is served from that result; benchmarks of the same job turn it off. */
  readonly servesRepeats: boolean
  /** How long contents are kept after they were last announced, or used by a job that has ended. */
  readonly contentTtlMs: number
}

/** The settings of a coordinator whose operator says nothing. */
export const DEFAULT_CONFIG: CoordinatorConfig = {
  networkName: 'commonwatt',
  starterGrant: 1000n * ATTO_PER_CREDIT,
  grantCap: 10n ** 9n * ATTO_PER_CREDIT,
  maxContentBytes: 64 * 2 ** 30,
  maxRunningJobs: 64,
  leaseMs: 10 * 60_000,
  faultBanMs: 24 * 3_600_000,
  drawEpochMs: DRAW_EPOCH_MS,
  separatesAddresses: true,
  epochMs: EPOCH_MS,
  holdbackEpochs: HOLDBACK_EPOCHS,
  servesRepeats: true,
  contentTtlMs: 7 * 24 * 3_600_000,
}
