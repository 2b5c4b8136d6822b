// What a node does when somebody contradicted himself in front of it: checks that it is so, keeps the proof, and tells the coordinator of
// peers. Of the coordinator's own lies nobody is told by themselves: the proof is kept, and shown to the person whose node this is.
import type { PublicKey } from '#core/ed25519.ts'
import type { Clock } from '#core/clock.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { accuse } from '#net/protocols/accuse/handler.ts'
import type { Authority } from '#verify/commit.ts'
import { type Equivocation, equivocator, makeEquivocationProof, verifyEquivocationProof } from '#verify/equivocation.ts'
import type { Lease } from '#work/lease.ts'
import type { NewEvidence } from './evidence-store.ts'
import type { Handed } from './exchange.ts'

/** What it works with. */
export type WitnessParts = {
  readonly peer: ContributorPeer
  readonly clock: Clock
  readonly authority: () => Authority
  readonly keep: (evidence: NewEvidence) => Promise<void>
}

/** Takes contradictions. */
export interface WitnessDesk {
  /** A pair of messages that may contradict one another; what does not is let be. */
  take(pair: Equivocation, lease: Lease | null): void
  /** A peer's commitment which is not the one that the coordinator was given. Rejects when the coordinator cannot be told. */
  report(handed: Handed, signal: AbortSignal): Promise<void>
}

/** A desk for what the node's peers and its coordinator sign. */
export function openWitnessDesk({ peer, clock, authority, keep }: WitnessParts): WitnessDesk {
  return {
    take(pair, lease) {
      const document = makeEquivocationProof(pair, lease)
      if (!verifyEquivocationProof(document, authority()).ok) return
      const against = equivocator(pair)
      void keep({ against, says: wordsFor(pair, against), atMs: clock.nowMs(), document })
      if (pair.about === 'commitment' && lease !== null)
        accuse(peer, peer.coordinator, { lease, commitments: pair.messages }).catch(() => undefined)
    },
    async report({ lease, commitment }, signal) {
      await accuse(peer, peer.coordinator, { lease, commitments: [commitment] }, signal)
    },
  }
}

function wordsFor({ about }: Equivocation, against: PublicKey): string {
  return about === 'close'
    ? 'The coordinator signed two lists of commitments for one unit that contradict one another.'
    : `The node ${against.slice(0, 8)} signed two different results for one unit.`
}
