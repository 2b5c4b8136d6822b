// What the coordinator checks of revealed replicas, with the inputs at hand: openings, leaves, possession, sightings, and who was wrong.
import type { ByteSource } from '#core/byte-source.ts'
import type { Digest } from '#core/digest.ts'
import { type Random, randomInt } from '#core/random.ts'
import type { ModelCache } from '#model/model-cache.ts'
import { verifyMessage } from '#core/signed.ts'
import { closeId } from '#verify/close.ts'
import { type Authority, type Evidence, verifyEvidence } from '#verify/commit.ts'
import { possessionKey } from '#verify/commitment.ts'
import { hasProvableTag } from '#verify/false-tag.ts'
import { type FaultProof, makeFaultProof } from '#verify/fault-proof.ts'
import { verifyLeaves } from '#verify/quorum.ts'
import { SIGHTING_TYPE } from '#verify/reveal.ts'
import { ALWAYS_PPM } from '#verify/roster.ts'
import { type Kind, type PartNeed, type UnitInputs, inputsFrom, partKey } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { BlobDirectory } from '#coordinator/blobs/blob-directory.ts'
import type { Replica, Revealed } from './replica.ts'

/** A replica that has revealed. */
export type RevealedReplica = { readonly replica: Replica; readonly revealed: Revealed; readonly evidence: Evidence }

/** The parts of the unit's inputs that `needs` names, read from `blobs`, and its files, read when they are used. */
export async function readInputs(
  blobs: BlobDirectory,
  kind: Kind,
  unit: Unit,
  needs: readonly PartNeed[],
): Promise<UnitInputs> {
  const files = new Map<number, ByteSource>()
  for (const input of kind.files?.(unit) ?? []) {
    const content = unit.inputs[input]
    if (content !== undefined) files.set(input, blobs.source(content))
  }
  const found = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { input, parts } of needs) {
    const content = unit.inputs[input]
    if (content === undefined) throw new RangeError(`A unit with ${unit.inputs.length} inputs needs input ${input}.`)
    for (const part of parts) found.set(partKey(input, part), await blobs.read(content.id, part))
  }
  return inputsFrom(found, files)
}

/** The replica with its evidence, when it has committed and revealed. */
export function revealedReplica(replica: Replica): RevealedReplica | null {
  const { lease, commitment, revealed } = replica
  if (commitment === undefined || revealed === undefined) return null
  const { close, reveal } = revealed
  return { replica, revealed, evidence: { lease, commitment, close, reveal } }
}

/** A replica and what it signed of the others. */
type Sighter = { readonly replica: Pick<Replica, 'node'>; readonly revealed: Pick<Revealed, 'sighting'> }

/** What a reveal is held against. */
export type RevealExpectation = {
  readonly kind: Kind
  readonly unit: Unit
  readonly inputs: UnitInputs
  readonly authority: Authority
  readonly models: ModelCache
  /** Whether the possession tag is computed too. */
  readonly isTagChecked: boolean
}

/** Why a reveal does not hold. `expected` is the tag that it should have, where a wrong one convicts. */
export type RevealProblem = {
  readonly reason: string
  readonly cause: 'unopened' | 'false-tag'
  readonly expected?: Digest
}

/** Why the replica's reveal does not hold, or null: signatures, opening, leaves, possession tag if it is checked, and the form of its sighting. */
export async function revealProblem(
  { replica, revealed, evidence }: RevealedReplica,
  { kind, unit, inputs, authority, models, isTagChecked }: RevealExpectation,
): Promise<RevealProblem | null> {
  const unopened = (reason: string): RevealProblem => ({ reason, cause: 'unopened' })
  const verdict = verifyEvidence(evidence, authority)
  if (!verdict.ok) return unopened(verdict.reason)
  const { reveal, leaves, sighting, close } = revealed
  const hasLeaves = verifyLeaves(kind, unit, reveal.body.root, leaves)
  if (!hasLeaves.ok) return unopened(hasLeaves.reason)
  const expected = isTagChecked ? await kind.possession(unit, inputs, possessionKey(replica.id), models) : null
  if (expected !== null && expected !== reveal.body.tag) {
    const reason = 'The possession tag is not that of a computed result.'
    return hasProvableTag(kind, unit) ? { reason, cause: 'false-tag', expected } : unopened(reason)
  }
  const isSighting =
    sighting.signer === replica.node &&
    verifyMessage(sighting, SIGHTING_TYPE, authority.network) &&
    sighting.body.lease === replica.id &&
    sighting.body.close === closeId(close)
  return isSighting ? null : unopened('The sighting is not its own, or is about another close.')
}

/**
 * Whose possession tag is computed here. Where that is plain arithmetic, everybody's. Where it takes a pass through a model, as much as a share of the
 * work, it is drawn at `ppm` parts per million, the unit's audit rate: nobody knows it before having revealed. A tag that a peer calls
 * false is always computed: peers that computed know the right one.
 */
export function isTagChecked(
  of: Sighter,
  all: readonly Sighter[],
  { kind, unit, ppm, random }: { kind: Kind; unit: Unit; ppm: number; random: Random },
): boolean {
  if ((kind.files?.(unit) ?? []).length === 0) return true
  const isAccused = all.some(({ revealed }) =>
    revealed.sighting.body.seen.some(({ node, verdict }) => node === of.replica.node && verdict === 'invalid'),
  )
  return isAccused || randomInt(random, ALWAYS_PPM) < ppm
}

/** Why what an agreeing replica says of the others is not true, or null. One that it could not reach is `missing`. */
export function sightingProblem(
  { replica, revealed }: RevealedReplica,
  all: readonly RevealedReplica[],
): string | null {
  for (const other of all) {
    if (other.replica === replica) continue
    const seen = revealed.sighting.body.seen.filter(({ node }) => node === other.replica.node)
    const [only] = seen
    const isTrue =
      seen.length === 1 &&
      only !== undefined &&
      (only.verdict === 'missing'
        ? only.root === null && only.transport === null
        : only.verdict === 'agrees' && only.root === other.revealed.reveal.body.root && only.transport !== null)
    if (!isTrue) return `Its sighting of node ${other.replica.node} contradicts what both revealed.`
  }
  return null
}

/** The proof that a replica revealed a wrong part `part`, whose leaf by the reference is `expected`. */
export async function proveFault(
  blobs: BlobDirectory,
  { revealed, evidence }: RevealedReplica,
  { kind, unit, part, expected }: { kind: Kind; unit: Unit; part: number; expected: Digest },
): Promise<FaultProof> {
  const inputs = await readInputs(blobs, kind, unit, kind.partNeeds(unit, part))
  const inputLeaves = await Promise.all(unit.inputs.map(async ({ id }) => (await blobs.get(id)).leaves))
  return makeFaultProof({ kind, unit, evidence, leaves: revealed.leaves, part, expected, inputs, inputLeaves })
}
