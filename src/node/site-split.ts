// The word of a node on what a site gets of its credit, given once for as long as the consent that it is part of.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import type { Random } from '#core/random.ts'
import type { SigningContext } from '#core/signed.ts'
import { type Split, signSplit, siteCommitment } from '#identity/split.ts'
import type { Consent } from './state.ts'

/** A split, and what opens its commitment to the site. */
export type SiteSplit = { readonly split: Split; readonly salt: Digest }

/** The split of `consent`, signed; null where the site gets nothing. */
export async function siteSplit(
  { site, split: share = null, expiresMs }: Consent,
  signer: Signer,
  context: SigningContext,
  nowMs: number,
  random: Random,
): Promise<SiteSplit | null> {
  if (site === null || share === null) return null
  const salt: Digest = toHex(random.bytes(DIGEST_BYTES)) as string as Digest
  const { account, percent } = share
  const body = { account, percent, site: siteCommitment(site, salt), issuedMs: nowMs, expiresMs }
  return { split: await signSplit(signer, context, body), salt }
}

/** Whether two consents give a site the same. */
export function isSameShare(a: Consent, b: Consent): boolean {
  return a.split?.account === b.split?.account && a.split?.percent === b.split?.percent
}
