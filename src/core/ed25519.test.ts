import { createPublicKey, verify as verifyByPlatform } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { fromHex, toBase64url, toHex, utf8 } from './bytes.ts'
import { nodeCrypto } from './node-crypto.ts'
import { isPublicKey, signerFromSecret, verifyEd25519 } from './ed25519.ts'

type Vector = { name: string; key: string; message: string; signature: string; valid: boolean }

const VECTORS = JSON.parse(
  readFileSync(new URL('../../test/vectors/ed25519.json', import.meta.url), 'utf8'),
) as Vector[]

/** RFC 8032 section 7.1: secret key, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    toHex(sha512(utf8('abc'))),
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const

test.each(RFC_8032)('vector: RFC 8032 section 7.1, secret %s', async (secret, key, message, signature) => {
  const signer = signerFromSecret(fromHex(secret))
  expect(signer.publicKey).toBe(key)
  expect(await signer.sign(fromHex(message))).toBe(signature)
  for (const platform of [nodeCrypto ?? null, null])
    expect(verifyEd25519(signature, fromHex(message), key, platform)).toBe(true)
  expect(toHex(ed25519.sign(fromHex(message), fromHex(secret)))).toBe(signature)
})

describe.each([
  ['OpenSSL', nodeCrypto ?? null],
  ['JavaScript', null],
])('vector: ed25519.json by %s', (_, platform) => {
  test.each(VECTORS)('$name', ({ key, message, signature, valid }) => {
    expect(verifyEd25519(signature, fromHex(message), key, platform)).toBe(valid)
    // The platform checks the same equation, so whatever passes here passes there.
    if (valid) expect(platformAccepts(key, message, signature)).toBe(true)
  })

  test('behaviour: verdicts stay when a key comes again and its multiples are tabled', () => {
    const differing = VECTORS.filter(({ key, message, signature, valid }) =>
      Array.from({ length: 10 }).some(() => verifyEd25519(signature, fromHex(message), key, platform) !== valid),
    )
    expect(differing).toEqual([])
  })

  test('behaviour: a lax verifier takes every forgery by small or mixed order', () => {
    const forged = VECTORS.filter(({ name, valid }) => !valid && / order: /.test(name))
    expect(forged).toHaveLength(8 + 8 + 2)
    for (const { key, message, signature } of forged)
      expect(ed25519.verify(fromHex(signature), fromHex(message), fromHex(key), { zip215: true })).toBe(true)
  })
})

describe('public keys', () => {
  test('behaviour: small-order and non-canonical keys are none', () => {
    const refused = VECTORS.filter(({ name }) => /^small order: key|as key$|minus zero|no point/.test(name))
    expect(refused).toHaveLength(8 + 38 + 3)
    expect(refused.filter(({ key }) => isPublicKey(key))).toEqual([])
  })

  test('behaviour: a key with a torsion part is one', () => {
    const mixed = VECTORS.find(({ name }) => name.startsWith('mixed order: key'))
    expect(isPublicKey(mixed?.key ?? '')).toBe(true)
  })

  test.each(['', 'zz', 'AB'.repeat(32), 'ab'.repeat(31), 'ab'.repeat(33)])('behaviour: %j is none', (key) => {
    expect(isPublicKey(key)).toBe(false)
  })
})

test('behaviour: upper-case hex is refused, so that a signature has one text', () => {
  const [[, key, message, signature]] = RFC_8032
  expect(verifyEd25519(signature.toUpperCase(), fromHex(message), key)).toBe(false)
  expect(verifyEd25519(signature, fromHex(message), key.toUpperCase())).toBe(false)
})

test('behaviour: every flipped bit of a signature is refused', async () => {
  const signer = signerFromSecret(new Uint8Array(32).fill(1))
  const message = utf8('every bit counts')
  const signature = fromHex(await signer.sign(message))
  for (let bit = 0; bit < 512; bit += 3) {
    const flipped = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    for (const platform of [nodeCrypto ?? null, null])
      expect(verifyEd25519(toHex(flipped), message, signer.publicKey, platform)).toBe(false)
  }
})

function platformAccepts(key: string, message: string, signature: string): boolean {
  if (key.length !== 64) return false
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64url(fromHex(key)) }
  return verifyByPlatform(null, fromHex(message), createPublicKey({ key: jwk, format: 'jwk' }), fromHex(signature))
}
