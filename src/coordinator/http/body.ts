// Bodies of requests: read up to a bound, parsed, checked against a schema. Nothing larger is ever held in memory.
import type { Context as HonoContext } from 'hono'
import type * as v from 'valibot'
import { AppError } from '#core/errors.ts'
import { type Digest, DIGEST_BYTES } from '#core/digest.ts'
import { isHex } from '#core/bytes.ts'
import { type PublicKey, isPublicKey } from '#core/ed25519.ts'
import { parseAs } from '#core/schema.ts'

/** JSON bodies but announcements: a signed job has at most 16 inputs and 32 parameters of 4 KiB. */
export const MAX_JSON_BYTES = 1 << 20

/** The JSON body, as `schema` describes it. Throws {@link BodyTooLargeError}, {@link BadJsonError} or SchemaError. */
export async function readJson<T>(
  c: HonoContext,
  schema: v.GenericSchema<unknown, T>,
  what: string,
  maxBytes = MAX_JSON_BYTES,
): Promise<T> {
  const bytes = await readBytes(c, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new BadJsonError(what)
  }
  return parseAs(schema, value, what)
}

/** The body's bytes. Throws {@link BodyTooLargeError} past `maxBytes`, before they are all here. */
export async function readBytes(c: HonoContext, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const claimed = Number(c.req.header('content-length') ?? 0)
  if (claimed > maxBytes) throw new BodyTooLargeError(claimed, maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new BodyTooLargeError(size, maxBytes)
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/** Path parameter `name` as a digest. Throws {@link BadParameterError}. */
export function digestParam(c: HonoContext, name: string): Digest {
  const text = c.req.param(name) ?? ''
  if (!isHex(text, DIGEST_BYTES)) throw new BadParameterError(name, '64 lower-case hex digits')
  return text as Digest
}

/** Path parameter `name` as a public key. Throws {@link BadParameterError}. */
export function publicKeyParam(c: HonoContext, name: string): PublicKey {
  const text = c.req.param(name) ?? ''
  if (!isPublicKey(text)) throw new BadParameterError(name, 'an Ed25519 public key of 64 lower-case hex digits')
  return text
}

/** `text` as a non-negative integer up to `max`; `fallback` when it is not given. Throws {@link BadParameterError}. */
export function uintText(text: string | undefined, name: string, max: number, fallback?: number): number {
  if (text === undefined && fallback !== undefined) return fallback
  const value = Number(text)
  if (text === undefined || !/^[0-9]{1,16}$/.test(text) || !(value <= max))
    throw new BadParameterError(name, `an integer in 0..${max}`)
  return value
}

/** A body is larger than its route takes. */
export class BodyTooLargeError extends AppError {
  override readonly name = 'coordinator.BodyTooLarge'
  constructor(sizeBytes: number, maxBytes: number) {
    super('capacity', `The body has ${sizeBytes} bytes or more, and ${maxBytes} are accepted here.`)
  }
}

/** A body is not JSON. */
export class BadJsonError extends AppError {
  override readonly name = 'coordinator.BadJson'
  constructor(what: string) {
    super('input', `The ${what} is not JSON in UTF-8.`)
  }
}

/** A parameter in the address is malformed. */
export class BadParameterError extends AppError {
  override readonly name = 'coordinator.BadParameter'
  constructor(name: string, wanted: string) {
    super('input', `The parameter "${name}" must be ${wanted}.`)
  }
}
