// A software authenticator: makes credentials and signs assertions as a browser and a device would, with every field open to change.
// That anyone can write one is why tiers 1 and 2 raise no limits.
import { encodeCBOR } from '@levischuck/tiny-cbor'
import { concat, fromBase64url, toBase64url, utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import type { Assertion, DeviceCredential } from './delegation.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** What a credential is made with and what its assertions say. */
export type SoftwareOptions = {
  readonly algorithm?: -7 | -8 | -257
  readonly rpId?: string
  readonly origin?: string
  /** The flag byte of assertions. */
  readonly flags?: number
  /** The flag byte of the attestation; that of assertions when omitted. */
  readonly attestedFlags?: number
  /** The COSE key of the attestation; the credential's own when omitted. */
  readonly attestedKey?: Bytes
  readonly counter?: number
  /** Bytes after the header: extensions, when the flags say so. */
  readonly extensions?: Bytes
  /** Merged into the client data. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** Attests itself, as some authenticators do in format `packed`. */
  readonly isSelfAttested?: boolean
}

/** Flags: user present and verified; with backup eligibility and state for a synced passkey. */
export const DEVICE_BOUND_FLAGS = 1 | 4
export const SYNCED_FLAGS = 1 | 4 | 8 | 16

const ATTESTED_FLAG = 64
const CREDENTIAL_ID = Uint8Array.from({ length: 32 }, (_, i) => i)

/** A credential whose key lives in memory. Same options, same key shape; the key itself is fresh. */
export async function createSoftwareCredential(options: SoftwareOptions = {}): Promise<DeviceCredential> {
  const { algorithm = -7, isSelfAttested = false } = options
  const pair = await generate(algorithm)
  const publicKey = encodeCBOR(await coseOf(algorithm, pair.publicKey)) as Bytes
  return {
    credential: {
      id: toBase64url(CREDENTIAL_ID),
      publicKey: toBase64url(publicKey),
      attestation: isSelfAttested ? await attest(pair.privateKey, publicKey, options) : null,
    },
    assert: (challenge) => signAssertion(pair.privateKey, toBase64url(challenge), options),
  }
}

/** Client data as a browser writes them. */
function clientDataOf(type: string, challenge: string, options: SoftwareOptions): Bytes {
  const { origin = 'http://localhost:4747', clientData = {} } = options
  return utf8(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...clientData }))
}

/** Authenticator data with `tail` after the header. */
export function authenticatorDataOf(options: SoftwareOptions, flags: number, tail: Uint8Array): Bytes {
  const { rpId = 'localhost', counter = 0 } = options
  const header = new Uint8Array(5)
  header[0] = flags
  new DataView(header.buffer).setUint32(1, counter)
  return concat(sha256(utf8(rpId)), header, tail)
}

/** Id and key of a credential as a registration carries them. */
export function attestedCredentialOf(publicKey: Uint8Array, id: Uint8Array = CREDENTIAL_ID): Bytes {
  const idBytes = Uint8Array.of(id.length >> 8, id.length & 255)
  return concat(new Uint8Array(16), idBytes, id, publicKey)
}

async function signAssertion(key: CryptoKey, challenge: string, options: SoftwareOptions): Promise<Assertion> {
  const client = clientDataOf('webauthn.get', challenge, options)
  const { flags = DEVICE_BOUND_FLAGS, extensions = new Uint8Array(0) } = options
  const data = authenticatorDataOf(options, flags, extensions)
  return {
    clientDataJSON: toBase64url(client),
    authenticatorData: toBase64url(data),
    signature: toBase64url(await sign(key, concat(data, sha256(client)))),
  }
}

async function attest(key: CryptoKey, publicKey: Bytes, options: SoftwareOptions) {
  const client = clientDataOf('webauthn.create', toBase64url(new Uint8Array(32)), options)
  const flags = (options.attestedFlags ?? options.flags ?? DEVICE_BOUND_FLAGS) | ATTESTED_FLAG
  const data = authenticatorDataOf(options, flags, attestedCredentialOf(options.attestedKey ?? publicKey))
  const statement = new Map<string, number | Uint8Array>([
    ['alg', options.algorithm ?? -7],
    ['sig', await sign(key, concat(data, sha256(client)))],
  ])
  const object = encodeCBOR(
    new Map<string, string | Uint8Array | Map<string, number | Uint8Array>>([
      ['fmt', 'packed'],
      ['attStmt', statement],
      ['authData', data],
    ]),
  )
  return { object: toBase64url(object), clientDataJSON: toBase64url(client) }
}

async function generate(algorithm: -7 | -8 | -257): Promise<CryptoKeyPair> {
  if (algorithm === -8) return crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (algorithm === -7)
    return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const publicExponent = Uint8Array.of(1, 0, 1)
  const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent, hash: 'SHA-256' }
  return crypto.subtle.generateKey(rsa, true, ['sign', 'verify'])
}

/** The key as COSE writes it, labels in canonical order. */
async function coseOf(algorithm: -7 | -8 | -257, key: CryptoKey): Promise<Map<number, number | Uint8Array>> {
  const jwk = await crypto.subtle.exportKey('jwk', key)
  const field = (text: string | undefined) => fromBase64url(text ?? '')
  if (algorithm === -8)
    return new Map<number, number | Uint8Array>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, field(jwk.x)],
    ])
  if (algorithm === -7)
    return new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, field(jwk.x)],
      [-3, field(jwk.y)],
    ])
  return new Map<number, number | Uint8Array>([
    [1, 3],
    [3, -257],
    [-1, field(jwk.n)],
    [-2, field(jwk.e)],
  ])
}

async function sign(key: CryptoKey, message: Bytes): Promise<Uint8Array> {
  if (key.algorithm.name !== 'ECDSA') return new Uint8Array(await crypto.subtle.sign(key.algorithm.name, key, message))
  const rs = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, message))
  const body = concat(derInteger(rs.subarray(0, 32)), derInteger(rs.subarray(32)))
  return concat(Uint8Array.of(0x30, body.length), body)
}

function derInteger(value: Uint8Array): Uint8Array {
  const start = value.findIndex((byte) => byte !== 0)
  const digits = value.subarray(start)
  const padded = (digits[0] ?? 0) > 127 ? concat(Uint8Array.of(0), digits) : digits
  return concat(Uint8Array.of(2, padded.length), padded)
}
