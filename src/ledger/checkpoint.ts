// A signed checkpoint (c2sp.org/tlog-checkpoint): the coordinator's word for the size and root of its log, as a signed note. Two of them
// with one size and different roots, or without a consistency proof between them, convict it.
import * as v from 'valibot'
import { concat, equals, fromHex, toHex, utf8 } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { type PublicKey, type Signer, verifyEd25519 } from '#core/ed25519.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { Authority } from '#verify/commit.ts'
import {
  KEY_TYPE_ED25519,
  MAX_NOTE_CHARS,
  type Note,
  NoteError,
  decodeNote,
  encodeNote,
  fromBase64,
  noteKeyId,
  toBase64,
} from './note.ts'

declare const checkpointNote: unique symbol
/** The text of a signed note whose text is a checkpoint. What it says counts once {@link openCheckpoint} has checked it. */
export type CheckpointNote = string & { readonly [checkpointNote]: true }

/** What a checkpoint's text says. */
export type CheckpointText = Checkpoint & { readonly origin: string }

/** A checkpoint note as it comes from elsewhere: bounded text, unread. */
export const checkpointNoteSchema: v.GenericSchema<unknown, CheckpointNote> = v.pipe(
  v.string(),
  v.maxLength(MAX_NOTE_CHARS),
  v.transform((text) => text as CheckpointNote),
)

/** First line of a network's checkpoints, and the name of its coordinator's key. */
export function originOf(network: Digest): string {
  return `commonwatt/${network}`
}

/** The text that is signed. */
export function checkpointText(network: Digest, { size, root }: Checkpoint): string {
  return `${originOf(network)}\n${size}\n${toBase64(fromHex(root, DIGEST_BYTES))}\n`
}

/** What a note's text says. Throws {@link NoteError}; extension lines are refused, as no checkpoint of ours has any. */
export function parseCheckpointText(text: string): CheckpointText {
  const [origin, size, encodedRoot, end, ...rest] = text.split('\n')
  if (origin === undefined || origin === '' || end !== '' || rest.length > 0)
    throw new NoteError('is not a checkpoint of three lines')
  if (size === undefined || !/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new NoteError('is a checkpoint whose size is not a whole number below 2^53')
  const root = fromBase64(encodedRoot ?? '')
  if (root?.length !== DIGEST_BYTES) throw new NoteError('is a checkpoint whose root is not base64 of 32 bytes')
  return { origin, size: Number(size), root: toHex(root) as string as Digest }
}

/** Signs `checkpoint`. Only a size and root that are durable and unique may be signed. */
export async function signCheckpoint(signer: Signer, network: Digest, checkpoint: Checkpoint): Promise<CheckpointNote> {
  const text = checkpointText(network, checkpoint)
  const name = originOf(network)
  const signature = fromHex(await signer.sign(utf8(text)))
  const keyId = logKeyId(name, signer.publicKey)
  return encodeNote({ text, signatures: [{ name, keyId, signature }] }) as CheckpointNote
}

/** What the coordinator signed; undefined when the note is none of a checkpoint of this network by its key. */
export function openCheckpoint(note: string, authority: Authority): Checkpoint | undefined {
  return openCheckpointNote(note, authority)?.checkpoint
}

/** As {@link openCheckpoint}, with the note taken apart. */
export function openCheckpointNote(
  encoded: string,
  { network, coordinator }: Authority,
): { readonly note: Note; readonly checkpoint: Checkpoint } | undefined {
  const read = readNote(encoded)
  if (read === undefined || read.said.origin !== originOf(network)) return undefined
  const { note, said } = read
  const keyId = logKeyId(said.origin, coordinator)
  const own = note.signatures.filter(({ name, keyId: id }) => name === said.origin && equals(id, keyId))
  if (own.length === 0) return undefined
  const message = utf8(note.text)
  if (!own.every(({ signature }) => verifyEd25519(toHex(signature), message, coordinator))) return undefined
  return { note, checkpoint: { size: said.size, root: said.root } }
}

/** The verifier key (vkey) by which other tools check a network's checkpoints. */
export function checkpointVerifierKey({ network, coordinator }: Authority): string {
  const name = originOf(network)
  const key = concat(Uint8Array.of(KEY_TYPE_ED25519), fromHex(coordinator))
  return `${name}+${toHex(logKeyId(name, coordinator))}+${toBase64(key)}`
}

function readNote(encoded: string): { note: Note; said: CheckpointText } | undefined {
  try {
    const note = decodeNote(encoded)
    return { note, said: parseCheckpointText(note.text) }
  } catch (error) {
    if (error instanceof NoteError) return undefined
    throw error
  }
}

function logKeyId(name: string, key: PublicKey): Uint8Array {
  return noteKeyId(name, KEY_TYPE_ED25519, fromHex(key))
}
