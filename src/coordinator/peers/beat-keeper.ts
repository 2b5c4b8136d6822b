// Beats as the coordinator takes them: verified, witnessed by a peer that it draws, kept for a day.
import type { PublicKey } from '#core/ed25519.ts'
import { randomInt } from '#core/random.ts'
import { type Beat, type Witness, isSuccessor, verifyBeat, verifyWitness } from '#liveness/beat.ts'
import type { BeatKeeper } from '#net/protocols/beat/handler.ts'
import type { BeatAnswer } from '#net/protocols/beat/messages.ts'
import type { Grid } from '#coordinator/grid.ts'
import { RateLimiter } from '#coordinator/http/rate-limit.ts'
import type { LiveNodes } from '#coordinator/live-nodes.ts'
import { latestBeat, upsertBeat } from '#coordinator/store/beats.ts'
import { touchNode } from '#coordinator/store/nodes.ts'

/** Beats of one node: one a minute, and one for each change of state. */
export const BEAT_LIMIT = { perSecond: 1 / 5, burst: 20 }

/** Takes beats of admitted nodes. */
export function beatKeeper(grid: Grid, nodes: LiveNodes): BeatKeeper {
  const limiter = new RateLimiter(BEAT_LIMIT, grid.clock)
  const drawn = new WeakMap<Beat, PublicKey>()
  return {
    async draw(beat, remote) {
      limiter.take(remote.publicKey)
      if (beat.body.state === 'stopped' || problemOf(grid, nodes, beat, remote.publicKey) !== null)
        return { witness: null }
      const others = nodes.all().filter(({ node, state }) => node !== beat.signer && state !== 'stopped')
      const witness = others.length === 0 ? undefined : others[randomInt(grid.random, others.length)]
      if (witness === undefined) return { witness: null }
      drawn.set(beat, witness.node)
      return { witness: { node: witness.node, addresses: [] } }
    },
    async keep(beat, countersignature, remote) {
      const problem = problemOf(grid, nodes, beat, remote.publicKey)
      if (problem !== null) return { ok: false, reason: problem }
      const witness = acceptedWitness(grid, beat, countersignature, drawn.get(beat))
      return keep(grid, nodes, beat, witness)
    },
  }
}

function problemOf(grid: Grid, nodes: LiveNodes, beat: Beat, remote: PublicKey): string | null {
  const verdict = verifyBeat(beat, grid.network, grid.clock.nowMs())
  if (!verdict.ok) return verdict.reason.slice(0, 300)
  if (beat.signer !== remote) return 'The beat is of another node.'
  return nodes.get(remote) === undefined ? 'The node has not been admitted: say hello first.' : null
}

function acceptedWitness(
  grid: Grid,
  beat: Beat,
  countersignature: Witness | null,
  expected: PublicKey | undefined,
): Witness | null {
  if (countersignature === null || countersignature.signer !== expected) return null
  return verifyWitness(countersignature, beat, grid.network).ok ? countersignature : null
}

async function keep(grid: Grid, nodes: LiveNodes, beat: Beat, witness: Witness | null): Promise<BeatAnswer> {
  const { db } = grid.store
  const previous = await latestBeat(db, beat.signer)
  if (previous !== null && !isSuccessor(previous, beat))
    return { ok: false, reason: 'The beat does not follow the last one of this node.' }
  await upsertBeat(db, beat, witness)
  const nowMs = grid.clock.nowMs()
  await touchNode(db, beat.signer, nowMs)
  const live = nodes.get(beat.signer)
  if (live !== undefined) {
    live.lastBeatMs = nowMs
    live.state = beat.body.state
    nodes.changed()
  }
  return { ok: true, reason: witness === null ? 'Taken without a witness.' : 'Taken, with a witness.' }
}
