// The GGUF container: typed metadata, tensor descriptions, then aligned tensor data. Headers lie: counts, lengths, sizes, overlaps and
// holes are checked before anything is allocated. It knows no model. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
import type { ByteSource } from '#core/byte-source.ts'
import { fromUtf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import { decodePieces } from './floats.ts'
import { type GgmlType, ggmlType } from './ggml-types.ts'

/** Longest metadata and descriptions: tokenizers of 256,000 pieces need about 20 MiB. */
export const MAX_GGUF_HEADER_BYTES = 64 * 2 ** 20

/** Longest name of a value or tensor; ggml itself stops at 64 for tensors. */
export const MAX_GGUF_NAME_BYTES = 512

/** Longest text: chat templates have some tens of KiB. */
export const MAX_GGUF_TEXT_BYTES = 2 ** 20

/** Longest array: merges of the largest tokenizers are half a million. */
export const MAX_GGUF_ARRAY = 2 ** 21

/** Metadata values of one file: real ones have fewer than a hundred. */
export const MAX_GGUF_VALUES = 4096

/** Tensors of one file. */
export const MAX_GGUF_TENSORS = 100_000

/** Largest alignment of tensor data; 32 is usual. */
export const MAX_GGUF_ALIGNMENT = 65_536

const MAX_RANK = 4
const MAGIC = 0x4655_4747
const DEFAULT_ALIGNMENT = 32
const ALIGNMENT_KEY = 'general.alignment'

/** Read at first; twice as much each time the header turns out longer. */
const FIRST_PREFIX_BYTES = 2 ** 20

/** A metadata value. Integers past 2^53 are refused. */
export type GgufValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[]

/** Where a tensor lies. `shape` has the outermost dimension first, as Hugging Face writes it: the reverse of the file. */
export type GgufTensor = {
  readonly name: string
  readonly type: GgmlType
  readonly shape: readonly number[]
  readonly offset: number
  readonly sizeBytes: number
}

/** An open file. */
export type Gguf = {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** Values of a tensor as f32, infinities and NaN among them if it has any. */
  readFloats(tensor: GgufTensor): Promise<Float32Array<ArrayBuffer>>
}

/** Whether `source` begins like a GGUF file. */
export async function isGguf(source: ByteSource): Promise<boolean> {
  return source.sizeBytes >= 4 && new DataView((await source.read(0, 4)).buffer).getUint32(0, true) === MAGIC
}

/** Opens `source`. Throws {@link GgufError} when the header does not describe the file exactly. */
export async function openGguf(source: ByteSource): Promise<Gguf> {
  const { metadata, tensors } = await readHeader(source)
  return {
    metadata,
    tensors,
    readFloats: ({ type, offset, sizeBytes }) =>
      decodePieces(sizeBytes / type.blockBytes, type, (at, length) => source.read(offset + at, length)),
  }
}

type Header = {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
}

/** How long the header is stands nowhere: it is parsed from a prefix, and from a longer one when that ends too early. */
async function readHeader(source: ByteSource): Promise<Header> {
  const most = Math.min(source.sizeBytes, MAX_GGUF_HEADER_BYTES)
  for (let length = FIRST_PREFIX_BYTES; ; length *= 2) {
    const prefix = await source.read(0, Math.min(length, most))
    try {
      return parseHeader(new Cursor(prefix, source.sizeBytes))
    } catch (error) {
      if (!(error instanceof PrefixEnd)) throw error
      if (length >= most) throw new GgufError(`has a header longer than ${MAX_GGUF_HEADER_BYTES} bytes`)
    }
  }
}

function parseHeader(cursor: Cursor): Header {
  if (cursor.sizeBytes < 24) throw new GgufError(`has ${cursor.sizeBytes} bytes, too few for a header`)
  if (cursor.u32() !== MAGIC) throw new GgufError('does not begin with "GGUF"')
  const version = cursor.u32()
  if ((version & 0xffff) === 0) throw new GgufError('is big-endian: little-endian files are supported')
  if (version !== 2 && version !== 3) throw new GgufError(`has version ${version}: 2 and 3 are supported`)
  const tensorCount = cursor.count('tensors', MAX_GGUF_TENSORS, 24)
  const valueCount = cursor.count('values', MAX_GGUF_VALUES, 13)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < valueCount; i++) {
    const key = cursor.text(MAX_GGUF_NAME_BYTES)
    if (metadata.has(key)) throw new GgufError(`has the value "${key}" twice`)
    metadata.set(key, readValue(cursor, key))
  }
  const descriptions: GgufTensor[] = []
  for (let i = 0; i < tensorCount; i++) descriptions.push(readTensor(cursor))
  return { metadata, tensors: placeTensors(descriptions, alignmentOf(metadata), cursor) }
}

/** Bytes of each type of value: u8, i8, u16, i16, u32, i32, f32, bool, text (its length), array (type and length), u64, i64, f64. */
const VALUE_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]
const TEXT = 8
const ARRAY = 9

function readValue(cursor: Cursor, key: string): GgufValue {
  const type = cursor.u32()
  if (type !== ARRAY) return readScalar(cursor, type, key)
  const element = cursor.u32()
  // No known key needs an array in an array, and what does not nest cannot nest without end.
  if (element === ARRAY) throw new GgufError(`has arrays in the array "${key}"`)
  const length = cursor.count(`elements of "${key}"`, MAX_GGUF_ARRAY, bytesOfValue(element, key))
  const values = []
  for (let i = 0; i < length; i++) values.push(readScalar(cursor, element, key))
  // One type gives values of one kind.
  return values as string[] | number[] | boolean[]
}

function bytesOfValue(type: number, key: string): number {
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw new GgufError(`has a value of the unknown type ${type} at "${key}"`)
  return bytes
}

function readScalar(cursor: Cursor, type: number, key: string): string | number | boolean {
  if (type === TEXT) return cursor.text(MAX_GGUF_TEXT_BYTES)
  const { view, at } = cursor.take(bytesOfValue(type, key))
  switch (type) {
    case 0:
      return view.getUint8(at)
    case 1:
      return view.getInt8(at)
    case 2:
      return view.getUint16(at, true)
    case 3:
      return view.getInt16(at, true)
    case 4:
      return view.getUint32(at, true)
    case 5:
      return view.getInt32(at, true)
    case 6:
      return view.getFloat32(at, true)
    case 7:
      return view.getUint8(at) !== 0
    case 10:
      return safe(view.getBigUint64(at, true), key)
    case 11:
      return safe(view.getBigInt64(at, true), key)
    default:
      return view.getFloat64(at, true)
  }
}

function safe(value: bigint, key: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new GgufError(`has ${value} at "${key}", past 2^53`)
  return number
}

/** A description, its offset still relative to the data. */
function readTensor(cursor: Cursor): GgufTensor {
  const name = cursor.text(MAX_GGUF_NAME_BYTES)
  const rank = cursor.u32()
  if (rank > MAX_RANK) throw new GgufError(`gives tensor "${name}" ${rank} dimensions, more than ${MAX_RANK}`)
  const dims = Array.from({ length: rank }, () => cursor.size(`a dimension of "${name}"`))
  const type = ggmlType(cursor.u32(), name)
  const offset = cursor.size(`the offset of "${name}"`)
  const inner = dims[0] ?? 1
  if (inner % type.blockLength !== 0)
    throw new GgufError(
      `has rows of ${inner} in tensor "${name}", which ${type.name} has in blocks of ${type.blockLength}`,
    )
  const elements = dims.reduce((product, dim) => product * dim, 1)
  const sizeBytes = (elements / type.blockLength) * type.blockBytes
  if (!Number.isSafeInteger(elements) || sizeBytes > cursor.sizeBytes)
    throw new GgufError(`describes tensor "${name}" of ${elements} values in a file of ${cursor.sizeBytes} bytes`)
  return { name, type, shape: dims.reverse(), offset, sizeBytes }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get(ALIGNMENT_KEY) ?? DEFAULT_ALIGNMENT
  if (typeof alignment !== 'number' || alignment % 8 !== 0 || alignment < 8 || alignment > MAX_GGUF_ALIGNMENT)
    throw new GgufError(`has an alignment that is no multiple of 8 up to ${MAX_GGUF_ALIGNMENT}`)
  return alignment
}

/** Tensors must follow one another, padded to the alignment alone: what is not described cannot be smuggled along. */
function placeTensors(tensors: readonly GgufTensor[], alignment: number, cursor: Cursor): Map<string, GgufTensor> {
  const padded = (at: number) => Math.ceil(at / alignment) * alignment
  const start = tensors.length === 0 ? cursor.at : padded(cursor.at)
  const placed = new Map<string, GgufTensor>()
  let end = start
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)) {
    if (placed.has(tensor.name)) throw new GgufError(`has the tensor "${tensor.name}" twice`)
    const offset = start + tensor.offset
    const next = padded(end)
    if (offset !== next) throw new GgufError(`has tensor "${tensor.name}" at byte ${offset} where ${next} is next`)
    end = offset + tensor.sizeBytes
    placed.set(tensor.name, { ...tensor, offset })
  }
  if (end > cursor.sizeBytes || padded(end) < cursor.sizeBytes)
    throw new GgufError(`describes ${end} bytes of ${cursor.sizeBytes}`)
  return placed
}

/** Reads a header from front to end. What claims to pass the file's end is refused, what passes the prefix ends the attempt. */
class Cursor {
  readonly sizeBytes: number
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(prefix: Uint8Array<ArrayBuffer>, sizeBytes: number) {
    this.#bytes = prefix
    this.#view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
    this.sizeBytes = sizeBytes
  }

  get at(): number {
    return this.#at
  }

  /** The next `length` bytes: a view and where they begin in it. */
  take(length: number): { readonly view: DataView; readonly at: number } {
    const at = this.#at
    if (at + length > this.sizeBytes)
      throw new GgufError(`ends after ${this.sizeBytes} bytes where its header needs ${at + length}`)
    if (at + length > this.#bytes.length) throw new PrefixEnd()
    this.#at = at + length
    return { view: this.#view, at }
  }

  u32(): number {
    const { view, at } = this.take(4)
    return view.getUint32(at, true)
  }

  size(what: string): number {
    const { view, at } = this.take(8)
    const value = view.getBigUint64(at, true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new GgufError(`has ${value} for ${what}`)
    return Number(value)
  }

  /** A number of things of at least `bytesEach`, which the rest of the file must be able to hold. */
  count(what: string, max: number, bytesEach: number): number {
    const count = this.size(what)
    if (count > max) throw new GgufError(`claims ${count} ${what}, more than ${max}`)
    if (count * bytesEach > this.sizeBytes - this.#at)
      throw new GgufError(`claims ${count} ${what} in a file of ${this.sizeBytes} bytes`)
    return count
  }

  text(maxBytes: number): string {
    const length = this.size('a length of text')
    if (length > maxBytes) throw new GgufError(`claims a text of ${length} bytes, more than ${maxBytes}`)
    const { at } = this.take(length)
    try {
      return fromUtf8(this.#bytes.subarray(at, at + length))
    } catch (cause) {
      throw new GgufError(`has a text that is not UTF-8 at byte ${at}`, { cause })
    }
  }
}

/** The prefix is too short for the header: never leaves this file. */
class PrefixEnd extends Error {}

/** A GGUF file is malformed. */
export class GgufError extends AppError {
  override readonly name = 'model.Gguf'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `The GGUF file ${problem}.`, options)
  }
}
