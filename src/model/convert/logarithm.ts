// The natural logarithm in Q128 from BigInt alone: the same digits on every machine.
import { bitLengthBig } from '#tensor/exact/fixed.ts'
import { FREQUENCY_BITS } from '#tensor/exact/tables.ts'

const GUARD = 32n
const BITS = FREQUENCY_BITS + GUARD
const ONE = 1n << BITS
const LN2 = 2n * atanh(ONE / 3n)

/** ln(x) for x > 0 in Q128, floor of a value with 32 bits more: x = 2^k·m with m in [1, 2), and ln(m) = 2·atanh((m - 1) / (m + 1)). */
export function logarithm(x: bigint): bigint {
  if (x <= 0n) throw new RangeError('Only positive numbers have a logarithm.')
  const k = bitLengthBig(x) - 1 - Number(FREQUENCY_BITS)
  const shift = BITS - FREQUENCY_BITS - BigInt(k)
  const m = shift >= 0n ? x << shift : x >> -shift
  return (BigInt(k) * LN2 + 2n * atanh(((m - ONE) << BITS) / (m + ONE))) >> GUARD
}

/** z + z³/3 + z⁵/5 + … for 0 <= z <= 1/3. */
function atanh(z: bigint): bigint {
  const square = (z * z) >> BITS
  let sum = 0n
  for (let k = 1n, term = z; term !== 0n; k += 2n, term = (term * square) >> BITS) sum += term / k
  return sum
}
