// Checks the proof that a coordinator forked its log. Nothing but the document is needed.
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { type Fork, decodeFork, verifyFork } from '#ledger/fork.ts'
import type { Verdict } from '#verify/verdict.ts'

/** The verdict, and the document where its form is right. */
export type ForkVerification = { readonly verdict: Verdict; readonly fork: Fork | undefined }

/** Verifies the document in `bytes`, which must be of `network` where that is given. */
export function verifyLogFork(bytes: Uint8Array, network?: Digest): ForkVerification {
  try {
    const fork = decodeFork(bytes)
    return { verdict: verifyFork(fork, network), fork }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { verdict: { ok: false, check: 'form', reason: error.message, checks: [] }, fork: undefined }
  }
}
