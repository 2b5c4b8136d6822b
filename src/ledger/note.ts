// Signed notes (c2sp.org/signed-note): a text, an empty line, and signature lines that name their keys. What a text means and which
// keys count is for the caller; lines of unknown keys are kept and ignored, as the format wants.
import { concat, fromUtf8, utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'

/** One signature line: the key's name, its 4-byte id, and the signature with whatever its type puts before it. */
export type NoteSignature = { readonly name: string; readonly keyId: Uint8Array; readonly signature: Uint8Array }

/** A note. `text` ends with a newline. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/** Types of keys: Ed25519 over the text, and timestamped cosignatures of checkpoints. */
export const KEY_TYPE_ED25519 = 0x01
export const KEY_TYPE_COSIGNATURE = 0x04

/** Signatures in a note. The format asks for 16 at least; a log of ours carries one of its own and those of some witnesses. */
export const MAX_NOTE_SIGNATURES = 64

/** Longest note: {@link MAX_NOTE_SIGNATURES} lines of 200 characters, and a checkpoint of four lines. */
export const MAX_NOTE_CHARS = 16 * 1024

/** Longest name of a key. */
export const MAX_KEY_NAME = 128

/** Longest signature: a timestamp and 64 bytes, with room for types that are ignored. */
const MAX_SIGNATURE_BYTES = 4_096

const KEY_ID_BYTES = 4
const LINE_START = '\u2014 '

/** Id of a key: the first bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
export function noteKeyId(name: string, type: number, key: Uint8Array): Uint8Array {
  return sha256(utf8(`${name}\n`), Uint8Array.of(type), key).slice(0, KEY_ID_BYTES)
}

/** The text form of a note. */
export function encodeNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(encodeSignatureLine).join('')}`
}

/** One signature line, its newline included. */
export function encodeSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `${LINE_START}${name} ${toBase64(concat(keyId, signature))}\n`
}

/** The note of its text form. Throws {@link NoteError} on anything that is not one, or beyond the bounds. */
export function decodeNote(encoded: string): Note {
  if (encoded.length > MAX_NOTE_CHARS)
    throw new NoteError(`has ${encoded.length} characters, more than ${MAX_NOTE_CHARS}`)
  if (!isPlainText(encoded)) throw new NoteError('holds control characters or ill-formed text')
  const split = encoded.lastIndexOf('\n\n')
  if (split === -1) throw new NoteError('has no empty line before its signatures')
  const text = encoded.slice(0, split + 1)
  const block = encoded.slice(split + 2)
  if (block === '') throw new NoteError('has no signature')
  if (!block.endsWith('\n')) throw new NoteError('does not end with a newline')
  const lines = block.slice(0, -1).split('\n')
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw new NoteError(`has ${lines.length} signatures, more than ${MAX_NOTE_SIGNATURES}`)
  return { text, signatures: lines.map(decodeSignatureLine) }
}

/** A signature line without its newline, taken apart. Throws {@link NoteError}. */
export function decodeSignatureLine(line: string): NoteSignature {
  const parts = line.startsWith(LINE_START) ? line.slice(LINE_START.length).split(' ') : []
  const [name, encoded] = parts
  if (parts.length !== 2 || name === undefined || encoded === undefined || !isKeyName(name))
    throw new NoteError('has a signature line that is not a dash, a name and base64')
  const bytes = fromBase64(encoded)
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES || bytes.length > KEY_ID_BYTES + MAX_SIGNATURE_BYTES)
    throw new NoteError('has a signature that is not base64 of a key id and a signature')
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) }
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Bytes of canonical standard base64; undefined for anything else. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  return toBase64(bytes) === text ? bytes : undefined
}

function isKeyName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_KEY_NAME && !/[\s+]/u.test(name)
}

/** Well-formed Unicode without control characters but newlines: what a note may hold. */
function isPlainText(text: string): boolean {
  return fromUtf8(utf8(text)) === text && !/[^\n\P{Cc}]/u.test(text)
}

/** Text that should be a signed note is not. */
export class NoteError extends AppError {
  override readonly name = 'ledger.Note'
  constructor(problem: string) {
    super('hostile', `The note ${problem}.`)
  }
}
