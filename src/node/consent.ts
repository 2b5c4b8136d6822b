// A person's consent, as the worker checks it before it touches a device: well formed, and not expired.
import * as v from 'valibot'
import { AppError } from '#core/errors.ts'
import { textSchema, uintSchema } from '#core/schema.ts'
import type { Consent } from './state.ts'

/** Least share of a device: below it a unit would outlive its lease. */
export const MIN_GPU_SHARE = 0.05

/** Longest consent: a month, then the person is asked again. */
export const MAX_CONSENT_MS = 31 * 24 * 3_600_000

const consentSchema: v.GenericSchema<unknown, Consent> = v.strictObject({
  gpuShare: v.pipe(v.number(), v.minValue(MIN_GPU_SHARE), v.maxValue(1)),
  expiresMs: uintSchema(),
  site: v.nullable(textSchema(256)),
})

/** Throws {@link ConsentError} unless `value` is a consent that holds at `nowMs`. */
export function assertConsent(value: unknown, nowMs: number): asserts value is Consent {
  const result = v.safeParse(consentSchema, value)
  if (!result.success) throw new ConsentError(`it must name a share of ${MIN_GPU_SHARE} to 1, its end and its site`)
  const { expiresMs } = result.output
  if (nowMs >= expiresMs) throw new ConsentError(`it ended at ${new Date(expiresMs).toISOString()}`)
  if (expiresMs - nowMs > MAX_CONSENT_MS) throw new ConsentError(`it would last more than ${MAX_CONSENT_MS} ms`)
}

/** Nothing may run: there is no consent, or it has ended. */
export class ConsentError extends AppError {
  override readonly name = 'node.Consent'
  constructor(problem: string) {
    super('input', `The consent to contribute does not hold: ${problem}. Choose Contribute again.`)
  }
}
