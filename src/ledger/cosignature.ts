// Cosignatures of checkpoints (c2sp.org/tlog-cosignature, cosignature/v1): a witness's word that, of all it has seen of a log, this is the
// largest tree and it extends the others. A witness is a node; its key's name holds its public key, so that anyone can check the line.
import { concat, equals, fromHex, toHex, utf8 } from '#core/bytes.ts'
import {
  PUBLIC_KEY_BYTES,
  type PublicKey,
  SIGNATURE_BYTES,
  type Signer,
  isPublicKey,
  verifyEd25519,
} from '#core/ed25519.ts'
import {
  KEY_TYPE_COSIGNATURE,
  type Note,
  NoteError,
  type NoteSignature,
  decodeSignatureLine,
  encodeSignatureLine,
  noteKeyId,
} from './note.ts'

/** A checked cosignature. `time` is in seconds since 1970. */
export type Cosignature = { readonly witness: PublicKey; readonly time: number; readonly line: string }

/** Longest line of a cosignature: name, key id, timestamp and signature are under 210 characters. */
export const MAX_COSIGNATURE_LINE = 256

/** How far a witness's clock may be ahead. */
export const MAX_AHEAD_SECONDS = 300

const NAME_PREFIX = 'commonwatt/node/'
const TIME_BYTES = 8

/** Name of a node's key in cosignatures. */
export function witnessName(node: PublicKey): string {
  return `${NAME_PREFIX}${node}`
}

/** Cosigns the text of a checkpoint's note at `time` (seconds): one signature line. */
export async function cosign(signer: Signer, text: string, time: number): Promise<string> {
  const name = witnessName(signer.publicKey)
  const signature = fromHex(await signer.sign(cosignedBytes(text, time)))
  const keyId = noteKeyId(name, KEY_TYPE_COSIGNATURE, fromHex(signer.publicKey))
  return encodeSignatureLine({ name, keyId, signature: concat(timeBytes(time), signature) })
}

/** The cosignature of `text` in a line that ends with a newline; undefined when it is none, or of another text. */
export function openCosignature(line: string, text: string): Cosignature | undefined {
  if (line.length > MAX_COSIGNATURE_LINE || !line.endsWith('\n')) return undefined
  try {
    return openSignature(decodeSignatureLine(line.slice(0, -1)), text)
  } catch (error) {
    if (error instanceof NoteError) return undefined
    throw error
  }
}

/** The valid cosignatures of a note, one a witness. */
export function cosignaturesOf({ text, signatures }: Note): Cosignature[] {
  const found = new Map<PublicKey, Cosignature>()
  for (const signature of signatures) {
    const opened = openSignature(signature, text)
    if (opened !== undefined) found.set(opened.witness, opened)
  }
  return [...found.values()]
}

function openSignature(of: NoteSignature, text: string): Cosignature | undefined {
  const { name, keyId, signature } = of
  const witness = name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : ''
  if (witness.length !== 2 * PUBLIC_KEY_BYTES || signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined
  if (!isPublicKey(witness)) return undefined
  if (!equals(keyId, noteKeyId(name, KEY_TYPE_COSIGNATURE, fromHex(witness)))) return undefined
  const time = readTime(signature)
  if (time === undefined) return undefined
  const isSigned = verifyEd25519(toHex(signature.slice(TIME_BYTES)), cosignedBytes(text, time), witness)
  return isSigned ? { witness, time, line: encodeSignatureLine(of) } : undefined
}

function cosignedBytes(text: string, time: number): Uint8Array<ArrayBuffer> {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`)
}

function timeBytes(time: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time))
  return bytes
}

function readTime(signature: Uint8Array): number | undefined {
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined
}
