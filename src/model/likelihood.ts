// How well a model expects a token, in integers: the loss in bits of the softmax over its logits, the same number on every machine.
import { argmax } from '#tensor/exact/logits.ts'
import { I32_MAX, mulShift } from '#tensor/exact/fixed.ts'
import { exp2neg } from '#tensor/exact/functions.ts'
import { LOG2E_Q30 } from '#tensor/exact/tables.ts'

/** -log2 of the probability of `token` after logits (V) in Q16, in Q16 bits; exact but for the table of exp2neg and one floor. */
export function tokenLoss(logits: Int32Array, token: number): number {
  const top = logits[argmax(logits)] ?? 0
  let total = 0 // Q30, below 2^50 for 2^20 tokens
  for (const logit of logits) total += exp2neg(octaves(top - logit))
  return octaves(top - (logits[token] ?? 0)) + log2(total) - 30 * 65_536
}

/** floor(log2(x)·2^16) for an integer x >= 1 below 2^53, bit by bit: squaring doubles a logarithm. */
export function log2(x: number): number {
  let mantissa = BigInt(x)
  const whole = mantissa.toString(2).length - 1
  mantissa <<= BigInt(MANTISSA_BITS - whole)
  let bits = whole
  for (let i = 0; i < 16; i++) {
    mantissa = (mantissa * mantissa) >> BigInt(MANTISSA_BITS)
    const isUpper = mantissa >> BigInt(MANTISSA_BITS + 1) > 0n
    if (isUpper) mantissa >>= 1n
    bits = 2 * bits + (isUpper ? 1 : 0)
  }
  return bits
}

const MANTISSA_BITS = 96

/** A difference of logits (Q16 nats) in Q16 bits. */
function octaves(difference: number): number {
  return mulShift(Math.min(difference, I32_MAX), LOG2E_Q30, 30)
}
