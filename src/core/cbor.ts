// Canonical CBOR (RFC 8949 section 4.2.1, integers only): one byte string per value, and bounded decoding of hostile input.
// No floats, tags, undefined or indefinite lengths: whatever is hashed or signed goes through here.
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { equals } from './bytes.ts'
import { AppError } from './errors.ts'

/** What can be encoded. Integers beyond 2^53 - 1 are bigint; the keys of a map are text. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue }

/** Limits of one decoding, checked before anything is allocated. */
export type CborBounds = { maxBytes: number; maxDepth: number; maxItems: number }

/** Protocol messages: ample for every control message, small enough that a flood of them stays cheap. */
export const MESSAGE_BOUNDS: CborBounds = { maxBytes: 1 << 20, maxDepth: 24, maxItems: 65_536 }

/** The canonical encoding of `value`. Throws {@link CborError} on floats and other values outside {@link CborValue}. */
export function encodeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  assertEncodable(value, 0)
  return new Uint8Array(encode(value, rfc8949EncodeOptions))
}

/** The value of `bytes`. Throws {@link CborError} unless they are the canonical encoding of a value within `bounds`. */
export function decodeCbor(bytes: Uint8Array, bounds: CborBounds = MESSAGE_BOUNDS): CborValue {
  assertBounds(bytes, bounds)
  let value: CborValue
  try {
    value = decode(bytes, {
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      strict: true,
      rejectDuplicateMapKeys: true,
    }) as CborValue
  } catch (cause) {
    throw new CborError('is malformed', { cause })
  }
  if (!equals(encodeCbor(value), bytes)) throw new CborError('is not in canonical form')
  return value
}

const MAX_ENCODE_DEPTH = 64

function assertEncodable(value: CborValue, depth: number): void {
  if (depth > MAX_ENCODE_DEPTH) throw new CborError(`is nested deeper than ${MAX_ENCODE_DEPTH}`)
  if (value === null || value instanceof Uint8Array) return
  if (Array.isArray(value)) {
    // Iterating, unlike Object.values, meets the holes of a sparse list.
    for (const item of value as readonly CborValue[]) assertEncodable(item, depth + 1)
    return
  }
  if (typeof value === 'object') {
    if (!isPlainObject(value)) throw new CborError('holds an object that is neither a list nor a plain map')
    for (const [key, item] of Object.entries(value)) {
      assertText(key)
      assertEncodable(item, depth + 1)
    }
    return
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new CborError(`holds ${value}, not a safe integer`)
  if (typeof value === 'number' && Object.is(value, -0)) throw new CborError('holds -0')
  if (typeof value === 'bigint' && (value >= 1n << 64n || value < -(1n << 64n)))
    throw new CborError('holds an integer past 64 bits')
  if (typeof value === 'string') assertText(value)
  if (!['boolean', 'number', 'bigint', 'string'].includes(typeof value)) throw new CborError(`holds a ${typeof value}`)
}

/** Two lone surrogates would encode alike, and decoders drop a leading byte order mark: neither can be told apart afterwards. */
function assertText(text: string): void {
  if (!text.isWellFormed()) throw new CborError('holds ill-formed text')
  if (text.startsWith('\ufeff')) throw new CborError('holds text that begins with a byte order mark')
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null // of any realm
}

/** Walks the heads without allocating: lengths that lie, depth bombs and item floods stop here. */
function assertBounds(bytes: Uint8Array, bounds: CborBounds): void {
  if (bytes.length > bounds.maxBytes) throw new CborError(`has ${bytes.length} bytes, more than ${bounds.maxBytes}`)
  const pending: number[] = [1] // items still to read at each open level
  let items = 0
  let at = 0
  while (pending.length > 0) {
    const level = pending.length - 1
    if (pending[level] === 0) {
      pending.pop()
      continue
    }
    pending[level] = (pending[level] ?? 0) - 1
    if (++items > bounds.maxItems) throw new CborError(`has more than ${bounds.maxItems} items`)
    const head = readHead(bytes, at)
    at = head.next
    if (head.major === 2 || head.major === 3) at += head.argument
    if (at > bytes.length) throw new CborError('ends early')
    if (head.major === 4 || head.major === 5) {
      const children = head.major === 5 ? 2 * head.argument : head.argument
      if (children > bytes.length - at) throw new CborError('claims more items than it has bytes')
      if (pending.length > bounds.maxDepth) throw new CborError(`is nested deeper than ${bounds.maxDepth}`)
      pending.push(children)
    }
  }
  if (at !== bytes.length) throw new CborError('has trailing bytes')
}

function readHead(bytes: Uint8Array, at: number): { major: number; argument: number; next: number } {
  const first = bytes[at]
  if (first === undefined) throw new CborError('ends early')
  const major = first >> 5
  const info = first & 31
  if (major === 6) throw new CborError('holds a tag')
  if (major === 7 && (info < 20 || info > 22)) throw new CborError('holds a float or a reserved simple value')
  if (info < 24) return { major, argument: info, next: at + 1 }
  if (info > 27) throw new CborError('holds an indefinite or reserved length')
  const size = 1 << (info - 24)
  if (at + 1 + size > bytes.length) throw new CborError('ends early')
  let argument = 0
  for (let i = 0; i < size; i++) argument = argument * 256 + (bytes[at + 1 + i] ?? 0)
  return { major, argument, next: at + 1 + size }
}

/** A CBOR message is malformed, not canonical or past its bounds. */
export class CborError extends AppError {
  override readonly name = 'core.Cbor'
  constructor(problem: string, options?: ErrorOptions) {
    super('hostile', `The CBOR message ${problem}.`, options)
  }
}
