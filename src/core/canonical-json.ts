// Canonical JSON for documents that people keep as files: sorted keys, two spaces, a final newline. One text per value, so a file with
// any byte changed is either refused here or says something else. Integers only, as in core/cbor.ts.
import { equals, fromUtf8, utf8 } from './bytes.ts'
import { AppError } from './errors.ts'
import type { PlainValue } from './signed.ts'

/** Limits of one decoding. */
export type JsonBounds = { readonly maxBytes: number; readonly maxDepth: number }

/** The one text of `value`. Throws {@link CanonicalJsonError} on numbers that are not safe integers and on ill-formed text. */
export function encodeCanonicalJson(value: PlainValue): Uint8Array<ArrayBuffer> {
  return utf8(`${JSON.stringify(sorted(value), null, 2)}\n`)
}

/** The value of `bytes`. Throws {@link CanonicalJsonError} unless they are the canonical text of a value within `bounds`. */
export function decodeCanonicalJson(bytes: Uint8Array, bounds: JsonBounds): PlainValue {
  if (bytes.length > bounds.maxBytes)
    throw new CanonicalJsonError(`has ${bytes.length} bytes, more than ${bounds.maxBytes}`)
  assertDepth(bytes, bounds.maxDepth)
  let value: PlainValue
  try {
    value = JSON.parse(fromUtf8(bytes)) as PlainValue
  } catch (cause) {
    throw new CanonicalJsonError('is not JSON', { cause })
  }
  const canonical = encodeCanonicalJson(value)
  if (!equals(canonical, bytes)) {
    const at = canonical.findIndex((byte, index) => byte !== bytes[index])
    throw new CanonicalJsonError(`is not in canonical form at byte ${at === -1 ? canonical.length : at}`)
  }
  return value
}

function sorted(value: PlainValue): PlainValue {
  if (typeof value === 'number' && (!Number.isSafeInteger(value) || Object.is(value, -0)))
    throw new CanonicalJsonError(`holds ${value}, not a safe integer`)
  if (typeof value === 'string' && !value.isWellFormed()) throw new CanonicalJsonError('holds ill-formed text')
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: PlainValue) => sorted(item))
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  // A null prototype keeps a hostile key "__proto__" a plain key.
  const result = Object.create(null) as Record<string, PlainValue>
  for (const [key, item] of entries) result[key] = sorted(item)
  return result
}

/** Whether `bytes` say that they are a document of the family of `format`, of this version or another, right or wrong. */
export function claimsFormat(bytes: Uint8Array, format: string, maxBytes: number): boolean {
  if (bytes.length > maxBytes) return false
  try {
    const { format: claimed } = JSON.parse(new TextDecoder().decode(bytes)) as { format?: unknown }
    return typeof claimed === 'string' && claimed.startsWith(format.slice(0, format.lastIndexOf('/') + 1))
  } catch {
    return false
  }
}

/** Counts brackets outside of strings: a depth bomb stops here, before anything recurses. */
function assertDepth(bytes: Uint8Array, maxDepth: number): void {
  let depth = 0
  let isText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (isText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if (byte === OPEN_LIST || byte === OPEN_MAP) {
      if (++depth > maxDepth) throw new CanonicalJsonError(`is nested deeper than ${maxDepth}`)
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) depth--
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_MAP = 0x7b
const CLOSE_MAP = 0x7d

/** A document is not the canonical text of a value within its bounds. */
export class CanonicalJsonError extends AppError {
  override readonly name = 'verify.CanonicalJson'
  constructor(problem: string, options?: ErrorOptions) {
    super('hostile', `The document ${problem}.`, options)
  }
}
