// The signed envelope of the wire: every signed message begins with commonwatt/<type>/v<version> and carries the network id and the
// signer's latest checkpoint, so that a message cannot be moved to another type, version, network or view of the log.
import { type Hex, concat, utf8 } from './bytes.ts'
import { CborError, type CborValue, encodeCbor } from './cbor.ts'
import { type Digest, digestOf, domain } from './digest.ts'
import { type PublicKey, type Signature, type Signer, verifyEd25519 } from './ed25519.ts'

/** Size and root of the transparency log as the signer last saw it. */
export type Checkpoint = { readonly size: number; readonly root: Digest }

/** What binds a message to its network and moment. */
export type SigningContext = { readonly network: Digest; readonly checkpoint: Checkpoint }

/** A body that CBOR and JSON write alike: text, safe integers, booleans, null, lists and maps. Amounts are decimal text. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** A signed message of one type, which names its version where that is not the first: `lease/v2`. */
export type Signed<Body extends PlainValue = PlainValue> = {
  readonly type: string
  readonly network: Digest
  readonly checkpoint: Checkpoint
  readonly body: Body
  readonly signer: PublicKey
  readonly signature: Signature
}

/** Signs `body` as `type`. */
export async function signMessage<Body extends PlainValue>(
  signer: Signer,
  type: string,
  context: SigningContext,
  body: Body,
): Promise<Signed<Body>> {
  const unsigned = { type, network: context.network, checkpoint: context.checkpoint, body, signer: signer.publicKey }
  return { ...unsigned, signature: await signer.sign(signingBytes(unsigned)) }
}

/** Whether `message` is of `type`, of `network`, and signed by its signer. Never throws on hostile input. */
export function verifyMessage(message: Signed, type: string, network: Digest): boolean {
  if (message.type !== type || message.network !== network) return false
  try {
    return verifyEd25519(message.signature, signingBytes(message), message.signer)
  } catch (error) {
    if (error instanceof CborError) return false // what cannot be encoded was never signed
    throw error
  }
}

/** Identity of a signed message: of what it says and who says it, never of the signature bytes. */
export function messageId(message: Signed): Digest {
  const { signature: _, ...content } = message
  return digestOf('message', content)
}

/** Hex text of a fresh 32-byte nonce is what nonces look like on the wire. */
export type Nonce = Hex

function signingBytes(message: Omit<Signed, 'signature'>): Uint8Array<ArrayBuffer> {
  const { type, network, checkpoint, body, signer } = message
  const content: CborValue = { network, checkpoint, body, signer }
  const versioned = type.includes('/') ? `commonwatt/${type}` : domain(type)
  return concat(utf8(`${versioned}\0`), encodeCbor(content))
}
