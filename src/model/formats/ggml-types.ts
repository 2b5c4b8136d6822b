// Element types of ggml: how many values a block holds, in how many bytes, and what the bytes mean. Each value is computed in doubles, where
// every one of these types is exact, and rounded once to f32. Scales that are infinite or NaN are found by the caller in the values.
// Layouts: https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h.
import { AppError } from '#core/errors.ts'
import { FLOAT_DECODERS, halfToFloat } from './floats.ts'

/** A type that can be read. */
export type GgmlType = {
  readonly name: string
  /** Values of a block. */
  readonly blockLength: number
  readonly blockBytes: number
  /** Writes the values of `bytes`, which are whole blocks, to `out` from its beginning. */
  readonly decode: (bytes: Uint8Array<ArrayBuffer>, out: Float32Array) => void
}

/** All other types have an importance matrix or code books, or are for other uses. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
}

const half = (view: DataView, at: number) => halfToFloat(view.getUint16(at, true))

/** Writes the values of the block at byte `at` of `view` to `out` from `to` on. */
type BlockDecoder = (view: DataView, at: number, out: Float32Array, to: number) => void

function blockType(name: string, blockLength: number, blockBytes: number, decodeBlock: BlockDecoder): GgmlType {
  return {
    name,
    blockLength,
    blockBytes,
    decode(bytes, out) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let i = 0; i * blockBytes < bytes.length; i++) decodeBlock(view, i * blockBytes, out, i * blockLength)
    },
  }
}

function plainType(name: keyof typeof FLOAT_DECODERS): GgmlType {
  const { valueBytes, decode } = FLOAT_DECODERS[name]
  return { name, blockLength: 1, blockBytes: valueBytes, decode }
}

/** 32 values q·d + m with q of 4 bits, the low halves of 16 bytes before their high halves, or of 5 where `hasFifth`. */
function roundType(name: string, hasFifth: boolean, hasMinimum: boolean): GgmlType {
  const fifthAt = hasMinimum ? 4 : 2
  const nibblesAt = fifthAt + (hasFifth ? 4 : 0)
  const centre = hasMinimum ? 0 : hasFifth ? 16 : 8
  return blockType(name, 32, nibblesAt + 16, (view, at, out, to) => {
    const d = half(view, at)
    const m = hasMinimum ? half(view, at + 2) : 0
    const fifth = hasFifth ? view.getUint32(at + fifthAt, true) : 0
    for (let j = 0; j < 16; j++) {
      const byte = view.getUint8(at + nibblesAt + j)
      const low = (byte & 15) | (((fifth >>> j) & 1) << 4)
      const high = (byte >> 4) | (((fifth >>> (j + 16)) & 1) << 4)
      out[to + j] = (low - centre) * d + m
      out[to + j + 16] = (high - centre) * d + m
    }
  })
}

/** 32 values q·d with q of 8 bits. */
const Q8_0 = blockType('Q8_0', 32, 34, (view, at, out, to) => {
  const d = half(view, at)
  for (let j = 0; j < 32; j++) out[to + j] = view.getInt8(at + 2 + j) * d
})

/** Scale or minimum number `j` of a K block: eight of each, of 6 bits, in twelve bytes. */
export function packedScale(
  view: DataView,
  at: number,
  j: number,
): { readonly scale: number; readonly minimum: number } {
  if (j < 4) return { scale: view.getUint8(at + j) & 63, minimum: view.getUint8(at + j + 4) & 63 }
  const low = view.getUint8(at + j + 4)
  return {
    scale: (low & 15) | ((view.getUint8(at + j - 4) >> 6) << 4),
    minimum: (low >> 4) | ((view.getUint8(at + j) >> 6) << 4),
  }
}

/** 256 values q·d·scale - dmin·minimum in eight groups of 32, q of 4 bits, or of 5 where `hasFifth`. */
function superType(name: string, hasFifth: boolean): GgmlType {
  const nibblesAt = hasFifth ? 48 : 16
  return blockType(name, 256, nibblesAt + 128, (view, at, out, to) => {
    const d = half(view, at)
    const dmin = half(view, at + 2)
    for (let group = 0; group < 8; group++) {
      const { scale, minimum } = packedScale(view, at + 4, group)
      const step = d * scale
      const base = dmin * minimum
      const bytes = at + nibblesAt + 32 * (group >> 1)
      const shift = 4 * (group & 1)
      for (let l = 0; l < 32; l++) {
        const fifth = hasFifth ? (view.getUint8(at + 16 + l) >> group) & 1 : 0
        const q = ((view.getUint8(bytes + l) >> shift) & 15) | (fifth << 4)
        out[to + 32 * group + l] = step * q - base
      }
    }
  })
}

/** 256 values (q - 32)·d·scale in sixteen groups of 16: 4 low bits in `ql`, 2 high bits in `qh`, int8 scales, then d. */
const Q6_K = blockType('Q6_K', 256, 210, (view, at, out, to) => {
  const d = half(view, at + 208)
  for (let i = 0; i < 256; i++) {
    const part = (i >> 5) & 3 // which of the four quarters of a half of 128
    const l = i & 31
    const ql = view.getUint8(at + 64 * (i >> 7) + 32 * (part & 1) + l)
    const qh = view.getUint8(at + 128 + 32 * (i >> 7) + l)
    const q = ((ql >> (4 * (part >> 1))) & 15) | (((qh >> (2 * part)) & 3) << 4)
    out[to + i] = d * view.getInt8(at + 192 + (i >> 4)) * (q - 32)
  }
})

const TYPES: Readonly<Record<number, GgmlType>> = {
  0: plainType('F32'),
  1: plainType('F16'),
  2: roundType('Q4_0', false, false),
  3: roundType('Q4_1', false, true),
  6: roundType('Q5_0', true, false),
  7: roundType('Q5_1', true, true),
  8: Q8_0,
  12: superType('Q4_K', false),
  13: superType('Q5_K', true),
  14: Q6_K,
  30: plainType('BF16'),
}

/** Numbers of the types that can be read, by name. */
export const GGML_TYPE_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(TYPES).map(([number, { name }]) => [name, Number(number)]),
)

/** The type with that number. Throws {@link GgmlTypeError} for `tensor` when it cannot be read. */
export function ggmlType(number: number, tensor: string): GgmlType {
  const type = TYPES[number]
  if (type === undefined) throw new GgmlTypeError(tensor, UNSUPPORTED[number] ?? `number ${number}`)
  return type
}

/** A tensor has a type that is not read. */
export class GgmlTypeError extends AppError {
  override readonly name = 'model.GgmlType'
  constructor(tensor: string, type: string) {
    const known = Object.keys(GGML_TYPE_NUMBERS).join(', ')
    super('input', `Tensor "${tensor}" has the type ${type}; ${known} are supported.`)
  }
}
