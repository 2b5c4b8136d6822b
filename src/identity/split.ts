// A split: a node's own word that part of what it earns goes to the account of the site on which it works. Nobody else can give it: a
// payment that no split stands behind is a false one. It carries the site as a salted commitment, since certificates are public.
import * as v from 'valibot'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, signMessage, verifyMessage } from '#core/signed.ts'

/** Message type of a signed split. */
export const SPLIT_TYPE = 'split'

/** Most that a site may get, in per cent. Past half of it, a cheat would put less of its own at stake than the audit rates count on. */
export const MAX_SITE_PERCENT = 50

/** Longest life of a split: that of the consent that it is part of, a month. */
export const MAX_SPLIT_MS = 31 * 24 * 3_600_000

/** A node's clock may be this far ahead of the verifier's. */
const MAX_CLOCK_SKEW_MS = 60_000

/** What a site gets: whole per cent of what is earned on it, for its account. */
export type SiteShare = { readonly account: PublicKey; readonly percent: number }

/** What the node's key signs. `site` is {@link siteCommitment} of the site's origin. */
export type SplitBody = SiteShare & {
  readonly site: Digest
  readonly issuedMs: number
  /** First millisecond at which the split is worth nothing. */
  readonly expiresMs: number
}

/** A split signed by the node whose credit it parts. */
export type Split = Signed<SplitBody>

/** A site's share from elsewhere. */
export const siteShareSchema: v.GenericSchema<unknown, SiteShare> = v.strictObject({
  account: publicKeySchema,
  percent: v.pipe(uintSchema(MAX_SITE_PERCENT), v.minValue(1)),
})

/** A signed split from elsewhere. Who signed it, and when it holds, is for {@link verifySplit}. */
export const splitSchema: v.GenericSchema<unknown, Split> = signedSchema<SplitBody>(
  v.strictObject({
    account: publicKeySchema,
    percent: v.pipe(uintSchema(MAX_SITE_PERCENT), v.minValue(1)),
    site: digestSchema,
    issuedMs: uintSchema(),
    expiresMs: uintSchema(),
  }),
)

/** A commitment to the origin of a site that only who has the salt can open. */
export function siteCommitment(site: string, salt: Digest): Digest {
  return digestOf('split-site', { site, salt })
}

/** Signs a split. */
export function signSplit(signer: Signer, context: SigningContext, body: SplitBody): Promise<Split> {
  return signMessage(signer, SPLIT_TYPE, context, body)
}

/** Whether `split` is the word of `node` on `network`, and may hold as long as it says. Its schema has been checked. */
export function isSplitOf(split: Split, node: PublicKey, network: Digest): boolean {
  const { issuedMs, expiresMs } = split.body
  const lifetimeMs = expiresMs - issuedMs
  return (
    split.signer === node && lifetimeMs >= 1 && lifetimeMs <= MAX_SPLIT_MS && verifyMessage(split, SPLIT_TYPE, network)
  )
}

/** Whether `split` holds at `nowMs`. */
export function isSplitAlive({ body: { issuedMs, expiresMs } }: Split, nowMs: number): boolean {
  return issuedMs <= nowMs + MAX_CLOCK_SKEW_MS && nowMs < expiresMs
}

/** The site's part of `amount`, floored: what does not divide is the visitor's. */
export function sitePart(amount: bigint, percent: number): bigint {
  return (amount * BigInt(percent)) / 100n
}
