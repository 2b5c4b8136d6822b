// The gated unit: silu(gate)·up for Q16 operands.
import { mulShift } from './fixed.ts'
import { silu } from './functions.ts'

/** Bound of |gate| and |up| in Q16: just under 1024. */
export const GATE_MAX = 2 ** 26 - 1

/** silu(gate)·up -> i32 with `fractionBits` <= 15, saturated. */
export function siluGate(gate: number, up: number, fractionBits: number): number {
  return mulShift(silu(gate), up, 32 - fractionBits)
}
