// Beacons as the coordinator hands them out: the revealed secret of an epoch with the proofs that the log holds it and its chain.
import type { EpochSecretEntry, SecretChainEntry } from '#ledger/entry.ts'
import { BEACON_FORMAT, type Beacon } from '#ledger/beacon.ts'
import type { LoggedEntry } from '#ledger/job-certificate.ts'
import type { Grid } from '#coordinator/grid.ts'
import { loggedEntry } from '#coordinator/log/logged-entry.ts'
import { chainAt, secretFrom } from '#coordinator/store/draws.ts'

/** The beacon that reveals `epoch`, by its own secret or a later one of its chain; null while there is none. */
export async function beaconOf(grid: Pick<Grid, 'store' | 'log'>, epoch: number): Promise<Beacon | null> {
  const { db } = grid.store
  const chain = await chainAt(db, epoch)
  const secret = chain === null ? null : await secretFrom(db, chain, epoch)
  if (secret === null || chain === null) return null
  const { note, checkpoint } = await grid.log.signed()
  const { size } = checkpoint
  return {
    format: BEACON_FORMAT,
    chain: (await loggedEntry(grid, chain.logIndex, size)) as LoggedEntry<SecretChainEntry>,
    secret: (await loggedEntry(grid, secret.logIndex, size)) as LoggedEntry<EpochSecretEntry>,
    checkpoint: note,
  }
}
