// Little-endian F32, F16 and BF16 bytes -> doubles' exact values in a Float32Array. NaN and infinities are refused: they are no weights.
import { AppError } from '#core/errors.ts'
import type { SafetensorsType } from './safetensors.ts'

/** How a type of float becomes f32. Every F16 and BF16 value is exact in it. */
export type FloatDecoder = {
  readonly valueBytes: number
  /** Writes the values of `bytes` to `out` from its beginning. */
  readonly decode: (bytes: Uint8Array<ArrayBuffer>, out: Float32Array) => void
}

let halves: Float32Array | undefined

/** Types of float by their names in safetensors and ggml. */
export const FLOAT_DECODERS: Readonly<Record<'F32' | 'F16' | 'BF16', FloatDecoder>> = {
  F32: {
    valueBytes: 4,
    decode(bytes, out) {
      const view = viewOf(bytes)
      for (let i = 0; 4 * i < bytes.length; i++) out[i] = view.getFloat32(4 * i, true)
    },
  },
  F16: {
    valueBytes: 2,
    decode(bytes, out) {
      // A look into a table is much faster than the arithmetic, and a model has a billion of them.
      const table = (halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits)))
      const view = viewOf(bytes)
      const count = bytes.length / 2
      for (let i = 0; i < count; i++) out[i] = table[view.getUint16(2 * i, true)] ?? 0
    },
  },
  BF16: {
    valueBytes: 2,
    decode(bytes, out) {
      const view = viewOf(bytes)
      const words = new Uint32Array(out.buffer, out.byteOffset, out.length)
      for (let i = 0; 2 * i < bytes.length; i++) words[i] = view.getUint16(2 * i, true) << 16
    },
  },
}

/** Values of `bytes` as f32. Throws {@link WeightError} on other types and non-finite values. */
export function decodeFloats(
  name: string,
  dtype: SafetensorsType,
  bytes: Uint8Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const { valueBytes, decode } = floatDecoder(name, dtype)
  const values = new Float32Array(bytes.length / valueBytes)
  decode(bytes, values)
  return assertFinite(name, values)
}

/** The decoder of a safetensors type. Throws {@link WeightError} when it is not one of floats, or of doubles. */
export function floatDecoder(name: string, dtype: SafetensorsType): FloatDecoder {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return FLOAT_DECODERS[dtype]
  throw new WeightError(name, `has type ${dtype}; F32, F16 and BF16 are supported`)
}

/** Read at a time, so that a tensor is not in memory twice. */
const PIECE_BYTES = 4 * 2 ** 20

/** The values of `blocks` blocks as f32, read and decoded a piece after the other. `read` is given bytes. */
export async function decodePieces(
  blocks: number,
  { blockBytes, blockLength, decode }: { blockBytes: number; blockLength: number; decode: FloatDecoder['decode'] },
  read: (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Float32Array<ArrayBuffer>> {
  const values = new Float32Array(blocks * blockLength)
  const piece = Math.floor(PIECE_BYTES / blockBytes)
  for (let block = 0; block < blocks; block += piece) {
    const bytes = await read(block * blockBytes, Math.min(piece, blocks - block) * blockBytes)
    decode(bytes, values.subarray(block * blockLength))
  }
  return values
}

/** `values` of a tensor, all of which are numbers. Throws {@link WeightError} on NaN and infinities. */
export function assertFinite(name: string, values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new WeightError(name, `holds ${values[i]} at index ${i}`)
  return values
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
