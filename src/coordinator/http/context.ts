// What the routes are made of.
import type { CoordinatorPeer } from '#net/coordinator-peer.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNodes } from '#coordinator/live-nodes.ts'
import type { FirstMinute } from '#coordinator/first-minute.ts'
import type { RateLimiter } from './rate-limit.ts'

/** Parts of the HTTP side. `wake` tells the matchmaker that there may be work; `counters` are for the metrics. */
export type HttpParts = {
  readonly grid: Grid
  readonly nodes: LiveNodes
  readonly peer: Pick<CoordinatorPeer, 'multiaddrs' | 'libp2p' | 'relayed' | 'traffic'>
  readonly wake: () => void
  readonly pageDir: string | undefined
  /** Where the page is to show a newcomer around. */
  readonly firstMinute?: FirstMinute | undefined
  readonly writes: RateLimiter
  readonly newAccounts: RateLimiter
}
