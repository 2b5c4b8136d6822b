// Doubles of a float model -> scales and fixed-point integers. Doubles see only + - * / and exact powers of two; everything wider is BigInt.
import { LOG2E_Q63, integerRoot } from '#tensor/exact/tables.ts'
import { bitLengthBig } from '#tensor/exact/fixed.ts'
import type { Scale } from '#tensor/exact/scale.ts'

/** A finite double x > 0 as mantissa·2^exponent exactly, by its bits. */
export function decompose(x: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

/** x·2^n by doubling or halving: exact short of overflow and underflow. */
export function scaleByPowerOfTwo(x: number, n: number): number {
  let scaled = x
  for (let i = n; i > 0; i--) scaled *= 2
  for (let i = n; i < 0; i++) scaled /= 2
  return scaled
}

/** Double x > 0 -> nearest scale, ties up. */
export function scaleFromDouble(x: number): Scale {
  const { mantissa, exponent } = decompose(x)
  const drop = bitLengthBig(mantissa) - 31
  const m = drop > 0 ? (mantissa + (1n << BigInt(drop - 1))) >> BigInt(drop) : mantissa << BigInt(-drop)
  return m === 1n << 31n ? { m: 2 ** 30, e: -(exponent + drop) - 1 } : { m: Number(m), e: -(exponent + drop) }
}

/** value·2^-e, value > 0 -> scale, truncated. */
export function scaleFromBig(value: bigint, e: number): Scale {
  const drop = bitLengthBig(value) - 31
  return { m: Number(drop > 0 ? value >> BigInt(drop) : value << BigInt(-drop)), e: e - drop }
}

/** sqrt(width), truncated. */
export function sqrtScale(width: number): Scale {
  return scaleFromBig(integerRoot(BigInt(width) << 128n, 2n), 64)
}

/** log2(e) / sqrt(headDim), truncated: turns q·k into octaves. */
export function scoreScale(headDim: number): Scale {
  return scaleFromBig(integerRoot(((LOG2E_Q63 ** 2n) << 64n) / BigInt(headDim), 2n), 63 + 32)
}

/** Double -> i32 with `fractionBits`, half away from zero, saturated. */
export function fixedFromDouble(x: number, fractionBits: number): number {
  const magnitude = Math.min(Math.floor(scaleByPowerOfTwo(Math.abs(x), fractionBits) + 0.5), 2_147_483_647)
  return x < 0 ? -magnitude : magnitude
}
