import { type CBORType, encodeCBOR } from '@levischuck/tiny-cbor'
import { describe, expect, test } from 'vitest'
import { concat, fromBase64url, fromHex, toHex, utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { createSoftwareCredential } from './authenticator.fixture.ts'
import {
  ALGORITHMS,
  CredentialKeyError,
  credentialDigest,
  ecdsaFromDer,
  parseCredentialKey,
  verifyCredentialSignature,
} from './cose.ts'

type Fields = Map<number, CBORType>

const X = fromHex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296')
const Y = fromHex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5')
const ED_KEY = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')

const p256 = (): Fields =>
  new Map<number, CBORType>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, X],
    [-3, Y],
  ])
const ed25519 = (): Fields =>
  new Map<number, CBORType>([
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, ED_KEY],
  ])
const rsa = (bytes = 256, first = 0x80): Fields =>
  new Map<number, CBORType>([
    [1, 3],
    [3, -257],
    [-1, Uint8Array.from({ length: bytes }, (_, i) => (i === 0 ? first : 1))],
    [-2, Uint8Array.of(1, 0, 1)],
  ])
const change = (fields: Fields, label: number, value: CBORType | undefined): Uint8Array => {
  const changed = new Map(fields)
  if (value === undefined) changed.delete(label)
  else changed.set(label, value)
  return encodeCBOR(changed)
}

describe('parse', () => {
  test('default', () => {
    expect(parseCredentialKey(encodeCBOR(p256()))).toEqual({ algorithm: -7, x: X, y: Y })
    expect(parseCredentialKey(encodeCBOR(ed25519()))).toEqual({ algorithm: -8, key: toHex(ED_KEY) })
    expect(parseCredentialKey(encodeCBOR(rsa()))).toMatchObject({ algorithm: -257 })
  })

  test('limit: RSA of 2048 and 4096 bits accepted, of 2047, 2040 and 4104 refused', () => {
    for (const bytes of [256, 512])
      expect(parseCredentialKey(encodeCBOR(rsa(bytes)))).toMatchObject({ algorithm: -257 })
    for (const fields of [rsa(256, 0x7f), rsa(256, 0), rsa(255), rsa(513)])
      expect(() => parseCredentialKey(encodeCBOR(fields))).toThrow(CredentialKeyError)
  })

  const refused: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['a list', encodeCBOR([1, 2])],
    ['no map but text', encodeCBOR('key')],
    ['bytes after it', concat(encodeCBOR(p256()), Uint8Array.of(0))],
    ['a map cut off', encodeCBOR(p256()).subarray(0, 40)],
    ['ES384', change(p256(), 3, -35)],
    ['EdDSA on a P-256 key', change(p256(), 3, -8)],
    ['another curve', change(p256(), -1, 2)],
    ['x of 31 bytes', change(p256(), -2, X.slice(1))],
    ['a compressed point', change(p256(), -3, true)],
    ['no y', change(p256(), -3, undefined)],
    ['an optional parameter', change(p256(), 4, [2])],
    ['a private part', change(p256(), -4, X)],
    ['X25519', change(ed25519(), -1, 4)],
    ['a small-order key', change(ed25519(), -2, concat(Uint8Array.of(1), new Uint8Array(31)))],
    ['a key that is no point', change(ed25519(), -2, concat(Uint8Array.of(2), new Uint8Array(31)))],
    ['an Ed25519 key with a y', change(ed25519(), -3, Y)],
    ['an exponent of 3', change(rsa(), -2, Uint8Array.of(3))],
    ['an even exponent', change(rsa(), -2, Uint8Array.of(1, 0, 2))],
    ['RSA with an optional parameter', change(rsa(), 4, [2])],
    ['a padded exponent', change(rsa(), -2, Uint8Array.of(0, 1, 0, 1))],
    ['numbers as bytes', change(p256(), -2, 7)],
    ['a nesting bomb', new Uint8Array(1024).fill(0x81)],
    ['a length that lies', fromHex('bb7fffffffffffffff')],
  ]
  test.each(refused)('error: CredentialKey for %s', (_, bytes) => {
    expect(() => parseCredentialKey(bytes)).toThrow(CredentialKeyError)
  })
})

test('behaviour: the digest is of the key, not of its encoding', () => {
  const plain = credentialDigest(parseCredentialKey(encodeCBOR(p256())))
  const reordered = new Map([...p256()].toReversed())
  expect(encodeCBOR(reordered)).not.toEqual(encodeCBOR(p256()))
  expect(credentialDigest(parseCredentialKey(encodeCBOR(reordered)))).toBe(plain)
  expect(credentialDigest({ algorithm: -7, x: Y, y: X })).not.toBe(plain)
})

describe('signatures', () => {
  test.each(ALGORITHMS)('behaviour: algorithm %d verifies, and no bit may change', async (algorithm) => {
    const device = await createSoftwareCredential({ algorithm })
    const key = parseCredentialKey(fromBase64url(device.credential.publicKey))
    const assertion = await device.assert(utf8('challenge'))
    const clientHash = sha256(fromBase64url(assertion.clientDataJSON))
    const message = concat(fromBase64url(assertion.authenticatorData), clientHash)
    const signature = fromBase64url(assertion.signature)
    expect(await verifyCredentialSignature(key, signature, message)).toBe(true)
    for (const at of [0, 5, signature.length - 1]) {
      const flipped = signature.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(await verifyCredentialSignature(key, flipped, message)).toBe(false)
    }
    expect(await verifyCredentialSignature(key, signature, message.slice(1))).toBe(false)
    expect(await verifyCredentialSignature(key, signature.slice(1), message)).toBe(false)
    expect(await verifyCredentialSignature(key, concat(signature, Uint8Array.of(0)), message)).toBe(false)
    expect(await verifyCredentialSignature(key, new Uint8Array(0), message)).toBe(false)
  })

  test('behaviour: a point off the curve verifies nothing', async () => {
    const der = fromHex('3006020101020101')
    expect(await verifyCredentialSignature({ algorithm: -7, x: X, y: X }, der, utf8('m'))).toBe(false)
  })
})

describe('DER', () => {
  const one = `${'00'.repeat(31)}01`

  test('default', () => {
    expect(toHex(ecdsaFromDer(fromHex('3006020101020101')) ?? new Uint8Array(0))).toBe(one + one)
    const high = `022100${'ff'.repeat(32)}`
    expect(toHex(ecdsaFromDer(fromHex(`3046${high}${high}`)) ?? new Uint8Array(0))).toBe('ff'.repeat(64))
    const padded = ecdsaFromDer(fromHex('30080202008002020080'))
    expect(toHex(padded ?? new Uint8Array(0))).toBe(`${'00'.repeat(31)}80${'00'.repeat(31)}80`)
  })

  test.each([
    ['nothing', ''],
    ['another tag', '3106020101020101'],
    ['a sequence longer than it says', '300602010102010100'],
    ['a sequence shorter than it says', '30070201010201'],
    ['a long form of the length', '308106020101020101'],
    ['an endless length', '3080020101020101'],
    ['one integer', '3003020101'],
    ['three integers', '3009020101020101020101'],
    ['a bit string', '3006030101020101'],
    ['an empty integer', '300502000201'.padEnd(14, '1')],
    ['zero', '3006020100020101'],
    ['s of zero', '3006020101020100'],
    ['a negative integer', '3006020180020101'],
    ['a needless zero', '300702020001020101'],
    ['33 digits without a leading zero', `3026022101${'ff'.repeat(32)}020101`],
    ['34 bytes', `302702220100${'ff'.repeat(32)}020101`],
    ['an integer past the end', '300602010102ff01'],
    ['a long length in an integer', '30070281010102'.padEnd(18, '0101')],
  ])('behaviour: %s is refused', (_, hex) => {
    expect(ecdsaFromDer(fromHex(hex))).toBeUndefined()
  })
})
