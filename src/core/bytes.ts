// Byte strings: text forms, joining, comparing. Digests, keys and signatures travel as lower-case hex text everywhere.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { AppError } from './errors.ts'

declare const hex: unique symbol
/** Lower-case hexadecimal text of an even length. */
export type Hex = string & { readonly [hex]: true }

/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): Hex {
  return bytesToHex(bytes) as Hex
}

/** Bytes of `text`. Throws {@link HexError} unless it is lower-case hex of exactly `length` bytes (any length when omitted). */
export function fromHex(text: string, length?: number): Uint8Array<ArrayBuffer> {
  if (!isHex(text, length)) throw new HexError(text, length)
  return new Uint8Array(hexToBytes(text))
}

/** Whether `text` is lower-case hex, of exactly `length` bytes when given. */
export function isHex(text: string, length?: number): text is Hex {
  return /^(?:[0-9a-f]{2})*$/.test(text) && (length === undefined || text.length === 2 * length)
}

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Text of UTF-8 `bytes`; throws a TypeError on ill-formed input. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

/** The parts joined. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether both hold the same bytes. Not constant-time: nothing secret is compared with it. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** The bytes under a typed array, without a copy. */
export function bytesOf(view: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Base64url without padding, as WebAuthn writes it. */
export function toBase64url(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Bytes of base64url text. Throws {@link Base64urlError} on anything else, non-canonical endings included. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Base64urlError()
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
  if (toBase64url(bytes) !== text) throw new Base64urlError()
  return bytes
}

/** Text that should be hex is not. */
export class HexError extends AppError {
  override readonly name = 'core.Hex'
  constructor(text: string, length: number | undefined) {
    const wanted = length === undefined ? 'lower-case hex' : `${2 * length} lower-case hex digits`
    super('input', `Expected ${wanted}, got ${text.length} characters beginning with "${text.slice(0, 16)}".`)
  }
}

/** Text that should be base64url is not. */
export class Base64urlError extends AppError {
  override readonly name = 'core.Base64url'
  constructor() {
    super('input', 'Expected unpadded canonical base64url text.')
  }
}
