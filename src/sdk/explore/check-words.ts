// The checks of a unit's page in the order in which they are made, with what each means: known before the first is made.
import { CHECKS, type CheckName } from '#verify/verdict.ts'

const ORDER = [
  'form',
  'network',
  'certificate-signature',
  'unit',
  'root',
  'replicas',
  'lease',
  'commitment',
  'close',
  'reveal',
  'sighting',
  'delegation',
  'draw',
  'audit',
  'assurance',
  'checkpoint',
  'admission',
  'receipt',
  'price',
] as const satisfies readonly CheckName[]

/** Name and meaning of each check. */
export const UNIT_CHECKS: readonly { readonly check: CheckName; readonly says: string }[] = ORDER.map((check) => ({
  check,
  says: CHECKS[check],
}))
