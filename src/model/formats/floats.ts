// Little-endian F32, F16 and BF16 bytes -> doubles' exact values in a Float32Array. NaN and infinities are refused: they are no weights.
import { AppError } from '#core/errors.ts'
import type { SafetensorsType } from './safetensors.ts'

/** Values of `bytes` as f32; every F16 and BF16 value is exact in it. Throws {@link WeightError} on other types and non-finite values. */
export function decodeFloats(
  name: string,
  dtype: SafetensorsType,
  bytes: Uint8Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  return assertFinite(name, decode(name, dtype, bytes))
}

/** `values` of a tensor, all of which are numbers. Throws {@link WeightError} on NaN and infinities. */
export function assertFinite(name: string, values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new WeightError(name, `holds ${values[i]} at index ${i}`)
  return values
}

function decode(name: string, dtype: SafetensorsType, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (dtype === 'F32') return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  if (dtype === 'F16')
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => halfToFloat(view.getUint16(2 * i, true)))
  if (dtype !== 'BF16') throw new WeightError(name, `has type ${dtype}; F32, F16 and BF16 are supported`)
  const words = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true) << 16)
  return new Float32Array(words.buffer)
}

/** IEEE 754 binary16 -> number, exactly. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** A tensor cannot be used as weights. */
export class WeightError extends AppError {
  override readonly name = 'model.Weight'
  constructor(tensor: string, problem: string) {
    super('input', `Tensor "${tensor}" ${problem}.`)
  }
}
