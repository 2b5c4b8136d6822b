// The documents that convict somebody, whatever their form: what each is, whom it accuses, and its check.
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { PublicKey } from '#core/ed25519.ts'
import {
  BROKEN_CLAIM_FORMAT,
  type BrokenClaimProof,
  brokenClaimId,
  decodeBrokenClaim,
  verifyBrokenClaim,
} from './broken-claim.ts'
import type { Authority } from './commit.ts'
import {
  EQUIVOCATION_FORMAT,
  type EquivocationProof,
  decodeEquivocationProof,
  equivocationProofId,
  equivocator,
  verifyEquivocationProof,
} from './equivocation.ts'
import {
  FAULT_PROOF_FORMAT,
  type FaultMeans,
  type FaultProof,
  decodeFaultProof,
  faultProofId,
  verifyFaultProof,
} from './fault-proof.ts'
import { FALSE_TAG_FORMAT, type FalseTagProof, decodeFalseTag, falseTagId, verifyFalseTag } from './false-tag.ts'
import type { Verdict } from './verdict.ts'

/** A document that convicts. */
export type FaultEvidence = FaultProof | EquivocationProof | BrokenClaimProof | FalseTagProof

/** Formats of such documents, and the beginning that all versions of each share. */
const FORMATS = [FAULT_PROOF_FORMAT, EQUIVOCATION_FORMAT, BROKEN_CLAIM_FORMAT, FALSE_TAG_FORMAT] as const

/** Whether `bytes` say that they are a document that convicts, right or wrong. */
export function isFaultEvidence(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== null
}

/** The document of a canonical text. Throws {@link UnknownEvidenceError}, a CanonicalJsonError or a SchemaError. */
export function decodeFaultEvidence(bytes: Uint8Array): FaultEvidence {
  switch (formatOf(bytes)) {
    case FAULT_PROOF_FORMAT:
      return decodeFaultProof(bytes)
    case EQUIVOCATION_FORMAT:
      return decodeEquivocationProof(bytes)
    case BROKEN_CLAIM_FORMAT:
      return decodeBrokenClaim(bytes)
    case FALSE_TAG_FORMAT:
      return decodeFalseTag(bytes)
    case null:
      throw new UnknownEvidenceError()
  }
}

/** Whether the document convicts whom it accuses. Throws MissingFileError where a model is needed that `means` do not have. */
export async function verifyFaultEvidence(
  evidence: FaultEvidence,
  authority: Authority,
  means: FaultMeans = {},
): Promise<Verdict> {
  switch (evidence.format) {
    case FAULT_PROOF_FORMAT:
      return verifyFaultProof(evidence, authority, means)
    case EQUIVOCATION_FORMAT:
      return verifyEquivocationProof(evidence, authority)
    case BROKEN_CLAIM_FORMAT:
      return verifyBrokenClaim(evidence, authority)
    case FALSE_TAG_FORMAT:
      return verifyFalseTag(evidence, authority, means)
  }
}

/** Identity of a document: what the log's `fault` entry names. */
export function evidenceId(evidence: FaultEvidence): Digest {
  switch (evidence.format) {
    case FAULT_PROOF_FORMAT:
      return faultProofId(evidence)
    case EQUIVOCATION_FORMAT:
      return equivocationProofId(evidence)
    case BROKEN_CLAIM_FORMAT:
      return brokenClaimId(evidence)
    case FALSE_TAG_FORMAT:
      return falseTagId(evidence)
  }
}

/** The network and the coordinator that a document itself names: who knows the right ones holds it against those. */
export function namedAuthority(evidence: FaultEvidence): Authority {
  if (evidence.format === EQUIVOCATION_FORMAT) {
    const [first] = evidence.pair.messages
    return { network: first.network, coordinator: evidence.lease?.signer ?? first.signer }
  }
  const { network, signer } = evidence.lease
  return { network, coordinator: signer }
}

/** Whom a document accuses, and of what, to be read after "It proves that". */
export function accusation(evidence: FaultEvidence): { readonly against: PublicKey; readonly says: string } {
  if (evidence.format === EQUIVOCATION_FORMAT) {
    const against = equivocator(evidence.pair)
    return evidence.pair.about === 'close'
      ? { against, says: `the coordinator ${against} signed two lists of commitments that contradict one another` }
      : { against, says: `node ${against} signed two different commitments under one lease` }
  }
  const { node: against } = evidence.lease.body
  const kind = `a "${evidence.unit.kind}" unit`
  switch (evidence.format) {
    case FAULT_PROOF_FORMAT:
      return { against, says: `node ${against} revealed a wrong part ${evidence.part.index} of ${kind}` }
    case BROKEN_CLAIM_FORMAT:
      return {
        against,
        says: `node ${against} said of the result of ${kind}, while it computed it, what it then did not reveal`,
      }
    case FALSE_TAG_FORMAT:
      return { against, says: `node ${against} revealed a possession tag that is not of the inputs of ${kind}` }
  }
}

function formatOf(bytes: Uint8Array): (typeof FORMATS)[number] | null {
  try {
    const { format } = JSON.parse(new TextDecoder().decode(bytes)) as { format?: unknown }
    return FORMATS.find((each) => typeof format === 'string' && format.startsWith(familyOf(each))) ?? null
  } catch {
    return null
  }
}

/** A format without its version: an older document is of the family, and refused with its name. */
function familyOf(format: string): string {
  return format.slice(0, format.lastIndexOf('/') + 1)
}

/** A document is none of those that convict. */
export class UnknownEvidenceError extends AppError {
  override readonly name = 'verify.UnknownEvidence'
  constructor() {
    super('hostile', `The document is none of ${FORMATS.join(', ')}.`)
  }
}
