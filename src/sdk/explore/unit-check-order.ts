// The checks of a unit's page in the order in which they are made: known before the first is made.
import type { CheckName } from '#verify/verdict.ts'

/** Names of the checks. */
export const UNIT_CHECKS = [
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
  'split',
  'draw',
  'audit',
  'assurance',
  'checkpoint',
  'admission',
  'receipt',
  'price',
] as const satisfies readonly CheckName[]
