// The safetensors container: a bounded JSON header that names tensors, then their bytes. Headers lie: sizes, overlaps and holes are checked
// before anything is allocated. Format: https://github.com/huggingface/safetensors.
import * as v from 'valibot'
import type { ByteSource } from '#core/byte-source.ts'
import { concat, fromUtf8, utf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'

/** Longest header: 100 MB is the format's own limit, 16 MiB names 100,000 tensors. */
export const MAX_HEADER_BYTES = 16 * 2 ** 20

/** Tensors in one file. */
export const MAX_TENSORS = 100_000

/** Dimensions of one tensor. */
export const MAX_RANK = 8

const ELEMENT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const

/** Element types that can be read. */
export type SafetensorsType = keyof typeof ELEMENT_BYTES

/** Where a tensor lies in its file. */
export type TensorEntry = {
  readonly name: string
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly offset: number
  readonly sizeBytes: number
}

/** An open file: its tensors by name and its free-form metadata. */
export type Safetensors = {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
  /** The tensor's bytes. Throws {@link MissingTensorError} when there is none of that name. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>
  /** `length` bytes of a tensor from `offset` in it. */
  readPart(entry: TensorEntry, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const entrySchema = v.object({
  dtype: v.picklist(Object.keys(ELEMENT_BYTES) as SafetensorsType[]),
  shape: v.pipe(v.array(size), v.maxLength(MAX_RANK)),
  data_offsets: v.tuple([size, size]),
})
const metadataSchema = v.record(v.string(), v.string())

/** Opens `source`. Throws {@link SafetensorsError} when the header does not describe the file exactly. */
export async function openSafetensors(source: ByteSource): Promise<Safetensors> {
  const { header, dataStart } = await readHeader(source)
  const { __metadata__: metadata, ...rest } = header
  const names = Object.keys(rest)
  if (names.length > MAX_TENSORS) throw new SafetensorsError(`names ${names.length} tensors, more than ${MAX_TENSORS}`)
  const tensors = new Map(names.map((name) => [name, parseEntry(name, rest[name], dataStart)]))
  assertTiling([...tensors.values()], dataStart, source.sizeBytes)
  const parsed = v.safeParse(metadataSchema, metadata ?? {})
  if (!parsed.success) throw new SafetensorsError('has metadata that is not text')
  return {
    tensors,
    metadata: parsed.output,
    async read(name) {
      const entry = tensors.get(name)
      if (entry === undefined) throw new MissingTensorError(name)
      return source.read(entry.offset, entry.sizeBytes)
    },
    readPart: (entry, offset, length) => source.read(entry.offset + offset, length),
  }
}

/** One tensor to be written. */
export type TensorData = {
  readonly name: string
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** The file of `tensors` in their order; the same input gives the same bytes. */
export function encodeSafetensors(
  tensors: readonly TensorData[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return concat(...safetensorsParts(tensors, metadata))
}

/** As {@link encodeSafetensors}, in parts: the bytes of the tensors are not copied. */
export function safetensorsParts(
  tensors: readonly TensorData[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let at = 0
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] }
    at += bytes.length
  }
  const text = utf8(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20)
  padded.set(text)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  return [length, padded, ...tensors.map(({ bytes }) => bytes)]
}

async function readHeader(source: ByteSource): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  if (source.sizeBytes < 8) throw new SafetensorsError(`has ${source.sizeBytes} bytes, too few for a header`)
  const prefix = await source.read(0, 8)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES))
    throw new SafetensorsError(`claims a header of ${length} bytes, more than ${MAX_HEADER_BYTES}`)
  const dataStart = 8 + Number(length)
  if (dataStart > source.sizeBytes)
    throw new SafetensorsError(`claims a header of ${length} bytes in a file of ${source.sizeBytes}`)
  const bytes = await source.read(8, Number(length))
  try {
    const header: unknown = JSON.parse(fromUtf8(bytes))
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return { header: header as Record<string, unknown>, dataStart }
  } catch (cause) {
    throw new SafetensorsError('has a header that is not JSON', { cause })
  }
  throw new SafetensorsError('has a header that is not an object')
}

function parseEntry(name: string, value: unknown, dataStart: number): TensorEntry {
  const parsed = v.safeParse(entrySchema, value)
  if (!parsed.success) throw new SafetensorsError(`describes tensor "${name}" wrongly: ${parsed.issues[0].message}`)
  const { dtype, shape, data_offsets: offsets } = parsed.output
  const [begin, end] = offsets
  const elements = shape.reduce((product, dim) => product * dim, 1)
  const sizeBytes = elements * ELEMENT_BYTES[dtype]
  if (!Number.isSafeInteger(sizeBytes) || end - begin !== sizeBytes)
    throw new SafetensorsError(`gives tensor "${name}" ${end - begin} bytes where its shape needs ${sizeBytes}`)
  return { name, dtype, shape, offset: dataStart + begin, sizeBytes }
}

/** Tensors must fill the data without holes or overlaps: what is not described cannot be smuggled along. */
function assertTiling(entries: readonly TensorEntry[], dataStart: number, sizeBytes: number): void {
  let at = dataStart
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)) {
    if (entry.offset !== at)
      throw new SafetensorsError(`has tensor "${entry.name}" at byte ${entry.offset} where ${at} is next`)
    at += entry.sizeBytes
  }
  if (at !== sizeBytes) throw new SafetensorsError(`describes ${at} bytes of ${sizeBytes}`)
}

/** A safetensors file is malformed. */
export class SafetensorsError extends AppError {
  override readonly name = 'model.Safetensors'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `The safetensors file ${problem}.`, options)
  }
}

/** A tensor that is needed is not in the file. */
export class MissingTensorError extends AppError {
  override readonly name = 'model.MissingTensor'
  constructor(name: string) {
    super('input', `The model has no tensor "${name}".`)
  }
}
