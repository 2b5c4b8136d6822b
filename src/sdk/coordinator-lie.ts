// Documents that convict a coordinator of what it signed: a false draw, a false receipt. Nothing but the document is needed to check one.
import {
  FALSE_DRAW_FORMAT,
  type FalseDraw,
  decodeFalseDraw,
  falseDrawAuthority,
  falseDrawSays,
  isFalseDraw,
  verifyFalseDraw,
} from '#ledger/false-draw.ts'
import {
  FALSE_RECEIPT_FORMAT,
  type FalseReceipt,
  decodeFalseReceipt,
  falseReceiptAuthority,
  falseReceiptSays,
  isFalseReceipt,
  verifyFalseReceipt,
} from '#ledger/false-receipt.ts'
import type { Authority } from '#verify/commit.ts'
import type { FaultEvidence } from '#verify/fault-evidence.ts'
import type { Verdict } from '#verify/verdict.ts'

/** Such a document. */
export type CoordinatorLie = FalseDraw | FalseReceipt

/** A document, the authority that it names itself, what it says after "It proves that", and its check. */
export type ReadLie = {
  readonly document: CoordinatorLie
  readonly named: Authority
  readonly says: string
  readonly verify: (authority: Authority) => Verdict
}

/** Whether `bytes` say that they are such a document, right or wrong. */
export function isCoordinatorLie(bytes: Uint8Array): boolean {
  return isFalseDraw(bytes) || isFalseReceipt(bytes)
}

/** Whether a document is one. */
export function isLie(document: FaultEvidence | CoordinatorLie): document is CoordinatorLie {
  return document.format === FALSE_DRAW_FORMAT || document.format === FALSE_RECEIPT_FORMAT
}

/** The document of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function readCoordinatorLie(bytes: Uint8Array): ReadLie {
  if (isFalseReceipt(bytes)) {
    const document = decodeFalseReceipt(bytes)
    const verify = (authority: Authority) => verifyFalseReceipt(document, authority)
    return { document, named: falseReceiptAuthority(document), says: falseReceiptSays(document), verify }
  }
  const document = decodeFalseDraw(bytes)
  const verify = (authority: Authority) => verifyFalseDraw(document, authority)
  return { document, named: falseDrawAuthority(document), says: falseDrawSays(document), verify }
}
