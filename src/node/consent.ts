// A person's consent: signed by the node's key when it is given, and checked by the worker before it touches a device: well formed,
// signed, not expired. The signature is what shows later, outside this page, what was agreed to and for which network.
import * as v from 'valibot'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { DEFAULT_RULES, type GuestRules, guestRulesSchema } from '#core/guest-rules.ts'
import { signedSchema, textSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, signMessage, verifyMessage } from '#core/signed.ts'
import { type SiteShare, siteShareSchema } from '#identity/split.ts'
import type { Consent } from './state.ts'

/** Message type. */
export const CONSENT_TYPE = 'consent/v2'

/** Least share of a device: below it a unit would outlive its lease. */
export const MIN_GPU_SHARE = 0.05

/** Longest consent: a month, then the person is asked again. */
export const MAX_CONSENT_MS = 31 * 24 * 3_600_000

/** What is signed: a consent in whole numbers, every rule spelled out. */
export type ConsentBody = {
  readonly sharePercent: number
  readonly expiresMs: number
  readonly site: string | null
  readonly split: SiteShare | null
  readonly rules: GuestRules
}

/** A consent with the signature of the node's key. */
export type SignedConsent = Signed<ConsentBody>

const consentSchema: v.GenericSchema<unknown, Consent> = v.strictObject({
  gpuShare: v.pipe(v.number(), v.minValue(MIN_GPU_SHARE), v.maxValue(1)),
  expiresMs: uintSchema(),
  site: v.nullable(textSchema(256)),
  split: v.exactOptional(v.nullable(siteShareSchema)),
  rules: v.exactOptional(guestRulesSchema),
})

const signedConsentSchema: v.GenericSchema<unknown, SignedConsent> = signedSchema<ConsentBody>(
  v.strictObject({
    sharePercent: uintSchema(),
    expiresMs: uintSchema(),
    site: v.nullable(textSchema(256)),
    split: v.nullable(siteShareSchema),
    rules: guestRulesSchema,
  }),
)

/** Signs `consent`. Shares are signed in whole per cent. */
export function signConsent(signer: Signer, context: SigningContext, consent: Consent): Promise<SignedConsent> {
  const { gpuShare, expiresMs, site, split = null, rules = DEFAULT_RULES } = consent
  return signMessage(signer, CONSENT_TYPE, context, {
    sharePercent: Math.round(gpuShare * 100),
    expiresMs,
    site,
    split,
    rules,
  })
}

/** The consent in `value`. Throws {@link ConsentError} unless it is signed by its signer and holds at `nowMs`. */
export function openConsent(value: unknown, nowMs: number): Required<Consent> {
  const result = v.safeParse(signedConsentSchema, value)
  if (!result.success) throw new ConsentError('it is malformed')
  const signed = result.output
  if (!verifyMessage(signed, CONSENT_TYPE, signed.network)) throw new ConsentError('its signature is wrong')
  const { sharePercent, expiresMs, site, split, rules } = signed.body
  const consent = { gpuShare: sharePercent / 100, expiresMs, site, split, rules }
  assertConsent(consent, nowMs)
  return consent
}

/** Throws {@link ConsentError} unless `value` is a consent that holds at `nowMs`. */
export function assertConsent(value: unknown, nowMs: number): asserts value is Consent {
  const result = v.safeParse(consentSchema, value)
  if (!result.success)
    throw new ConsentError(`it must name a share of ${MIN_GPU_SHARE} to 1, its end, its site and its rules`)
  const { expiresMs, site, split = null } = result.output
  if (nowMs >= expiresMs) throw new ConsentError(`it ended at ${new Date(expiresMs).toISOString()}`)
  if (split !== null && site === null) throw new ConsentError('it gives a share to a site and names none')
  if (expiresMs - nowMs > MAX_CONSENT_MS) throw new ConsentError(`it would last more than ${MAX_CONSENT_MS} ms`)
}

/** Nothing may run: there is no consent, or it has ended. */
export class ConsentError extends AppError {
  override readonly name = 'node.Consent'
  constructor(problem: string) {
    super('input', `The consent to contribute does not hold: ${problem}. Choose Contribute again.`)
  }
}
