// The session key as libp2p identity: a signer that may not be extractable is wrapped as a libp2p private key, and peer ids and
// public keys are the same thing in two notations. Noise and the peer record only ever call sign().
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { fromHex, toHex } from '#core/bytes.ts'
import { type PublicKey, type Signer, isPublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'

/** Longest text taken for a peer id: an Ed25519 id has 52 characters, as a CID 65. */
const MAX_PEER_ID_LENGTH = 128

/** `signer` as a libp2p private key. Its `raw` throws {@link KeyNotExtractableError}: nothing may read the secret. */
export function libp2pKeyOf(signer: Signer): Ed25519PrivateKey {
  const publicKey = ed25519KeyOf(signer.publicKey)
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new KeyNotExtractableError()
    },
    equals(other?: unknown) {
      return other === this
    },
    async sign(data, options) {
      options?.signal?.throwIfAborted()
      const signature = await signer.sign(new Uint8Array(data instanceof Uint8Array ? data : data.subarray()))
      return fromHex(signature)
    },
  }
}

/** The peer id of `key`. */
export function peerIdOf(key: PublicKey): PeerId {
  return peerIdFromPublicKey(ed25519KeyOf(key))
}

/** The public key behind a peer id. Throws {@link PeerIdError} unless it embeds an Ed25519 key of large order. */
export function publicKeyOf(peer: PeerId | string): PublicKey {
  const peerId = typeof peer === 'string' ? parsePeerId(peer) : peer
  const raw = peerId.type === 'Ed25519' ? peerId.publicKey.raw : undefined
  const key = raw === undefined ? '' : toHex(raw)
  if (!isPublicKey(key)) throw new PeerIdError(peerId.toString())
  return key
}

function parsePeerId(text: string): PeerId {
  if (text.length > MAX_PEER_ID_LENGTH) throw new PeerIdError(text)
  try {
    return peerIdFromString(text)
  } catch (cause) {
    throw new PeerIdError(text, { cause })
  }
}

function ed25519KeyOf(key: PublicKey): Ed25519PrivateKey['publicKey'] {
  const parsed = publicKeyFromRaw(fromHex(key))
  if (parsed.type !== 'Ed25519') throw new PeerIdError(key)
  return parsed
}

/** A peer id is not that of a usable Ed25519 key. */
export class PeerIdError extends AppError {
  override readonly name = 'net.PeerId'
  constructor(text: string, options?: ErrorOptions) {
    super('hostile', `"${text.slice(0, MAX_PEER_ID_LENGTH)}" is not the peer id of an Ed25519 key.`, options)
  }
}

/** Something asked for the secret bytes of the session key. */
export class KeyNotExtractableError extends AppError {
  override readonly name = 'net.KeyNotExtractable'
  constructor() {
    super('bug', 'The session key only signs; its secret bytes cannot be read.')
  }
}
