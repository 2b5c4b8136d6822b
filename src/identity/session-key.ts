// The session key: a non-extractable WebCrypto Ed25519 key pair that is also the libp2p peer id. A page can sign with it and never
// read it. Servers and command lines use signerFromSecret of core.
import { toHex } from '#core/bytes.ts'
import { type PublicKey, type Signer, isPublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'

/** A fresh key pair whose private half cannot be exported. Throws {@link NoEd25519Error} where the platform has no Ed25519. */
export async function createSessionKey(): Promise<CryptoKeyPair> {
  // Absent from pages that are not a secure context.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (subtle === undefined) throw new NoEd25519Error('pages need https or localhost for WebCrypto')
  try {
    return await subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
  } catch (cause) {
    throw new NoEd25519Error('Chrome 137, Firefox 129 and Safari 17 or later have it', { cause })
  }
}

/** The signer over `pair`, for the page, a worker (key pairs can be posted) or Node. Throws {@link KeyPairError} if it is no Ed25519 pair. */
export async function signerFromKeyPair(pair: CryptoKeyPair): Promise<Signer> {
  const { privateKey, publicKey } = pair
  if (privateKey.algorithm.name !== 'Ed25519' || publicKey.algorithm.name !== 'Ed25519') throw new KeyPairError()
  const raw = toHex(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)))
  if (!isPublicKey(raw)) throw new KeyPairError()
  return {
    publicKey: raw satisfies PublicKey,
    sign: async (message) => toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message))),
  }
}

/** The platform cannot make Ed25519 keys. */
export class NoEd25519Error extends AppError {
  override readonly name = 'identity.NoEd25519'
  constructor(hint: string, options?: ErrorOptions) {
    super('capacity', `This platform cannot make Ed25519 keys: ${hint}.`, options)
  }
}

/** A key pair is not Ed25519. */
export class KeyPairError extends AppError {
  override readonly name = 'identity.KeyPair'
  constructor() {
    super('input', 'The key pair is not an Ed25519 pair that can sign for a session.')
  }
}
