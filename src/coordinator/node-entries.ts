// What the log says of nodes that are here: each delegation once, and every epoch's beats together. Both as salted commitments: whoever is
// given the salt can open them, and erasing it erases the link. Beats stay in the store as evidence until the holdback is over.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import type { Random } from '#core/random.ts'
import { type Delegation, delegationDigest } from '#identity/delegation.ts'
import { type BeatSummary, beatsEntry, saltedCommitment } from '#ledger/entry.ts'
import { epochOf } from '#ledger/pending.ts'
import { SLOT_MS } from '#liveness/slot.ts'
import type { Grid } from './grid.ts'
import { type BeatCount, countBeats } from './store/beats.ts'
import { insertBeatSummary, insertDelegation, isBeatSummaryKept, isDelegationKept } from './store/node-entries.ts'

/** Puts `delegation` into the log, unless it is there. */
export async function logDelegation(grid: Grid, delegation: Delegation, tier: number): Promise<void> {
  const { store, log, random } = grid
  const id = delegationDigest(delegation.body)
  if (await isDelegationKept(store.db, id)) return
  await log.transaction(async (tx, append) => {
    // A second hello at the same moment waits here for the first one's row.
    const salt = newSalt(random)
    if (!(await insertDelegation(tx, id, salt))) return
    await append({ type: 'delegation', delegation: saltedCommitment(id, salt), tier })
  })
}

/** Puts the beats of the epoch before the last one into the log, unless they are there or nobody beat: by now none of them is under way. */
export async function logBeats(grid: Grid): Promise<void> {
  const { store, log, clock, config, random } = grid
  const epoch = epochOf(clock.nowMs(), config.epochMs) - 2
  if (epoch < 0 || config.epochMs % SLOT_MS !== 0 || (await isBeatSummaryKept(store.db, epoch))) return
  const slots = config.epochMs / SLOT_MS
  const counts = await countBeats(store.db, epoch * slots, (epoch + 1) * slots)
  if (counts.length === 0) return
  const salt = newSalt(random)
  const summaries = counts
    .map((count) => summaryOf(count, salt))
    .toSorted((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1))
  await log.transaction(async (tx, append) => {
    if (await insertBeatSummary(tx, { epoch, salt, body: JSON.stringify(summaries) }))
      await append(beatsEntry(epoch, summaries))
  })
}

/** A node's pseudonym is another one each epoch. */
function summaryOf({ node, beats, witnessed }: BeatCount, salt: Digest): BeatSummary {
  return { pseudonym: saltedCommitment(digestOf('beating-node', node), salt), beats, witnessed }
}

function newSalt(random: Random): Digest {
  return toHex(random.bytes(DIGEST_BYTES)) as string as Digest
}
