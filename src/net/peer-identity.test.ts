import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Uint8ArrayList } from 'uint8arraylist'
import { fromHex, toHex, utf8 } from '#core/bytes.ts'
import { type PublicKey, type Signer, signerFromSecret, verifyEd25519 } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { libp2pKeyOf, peerIdOf, publicKeyOf } from './peer-identity.ts'

const signer = signerFromSecret(seededRandom('peer identity').bytes(32))

async function webCryptoSigner(): Promise<Signer> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  return {
    publicKey: toHex(new Uint8Array(raw)) as PublicKey,
    sign: async (message) => toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message))),
  }
}

describe('libp2pKeyOf', () => {
  test('default: a non-extractable WebCrypto key signs as the libp2p key of the same peer id', async () => {
    const own = await webCryptoSigner()
    const key = libp2pKeyOf(own)
    const message = utf8('message')
    const signature = await key.sign(message)
    expect(verifyEd25519(toHex(signature), message, own.publicKey)).toBe(true)
    expect(await key.publicKey.verify(message, signature)).toBe(true)
    expect(peerIdFromPrivateKey(key).toString()).toBe(peerIdOf(own.publicKey).toString())
  })

  test('behaviour: lists of bytes are signed as the bytes they hold', async () => {
    const signature = await libp2pKeyOf(signer).sign(new Uint8ArrayList(utf8('me'), utf8('ssage')))
    expect(verifyEd25519(toHex(signature), utf8('message'), signer.publicKey)).toBe(true)
  })

  test('error: KeyNotExtractable when the secret is asked for', () => {
    expect(() => libp2pKeyOf(signer).raw).toThrow(expect.objectContaining({ name: 'net.KeyNotExtractable' }))
  })

  test('error: an aborted signal ends the signing with its reason', async () => {
    const reason = new Error('stop')
    await expect(libp2pKeyOf(signer).sign(utf8('x'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('publicKeyOf', () => {
  test('default: the inverse of peerIdOf, from the id and from its text', () => {
    const id = peerIdOf(signer.publicKey)
    expect(publicKeyOf(id)).toBe(signer.publicKey)
    expect(publicKeyOf(id.toString())).toBe(signer.publicKey)
  })

  test.each(['', 'not a peer id', '12D3KooW', 'Q'.repeat(129), 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'])(
    'error: PeerId for "%s"',
    (text) => {
      expect(() => publicKeyOf(text)).toThrow(expect.objectContaining({ name: 'net.PeerId' }))
    },
  )

  test('error: PeerId for a key of another kind', async () => {
    const id = peerIdFromPrivateKey(await generateKeyPair('secp256k1'))
    expect(() => publicKeyOf(id)).toThrow(expect.objectContaining({ name: 'net.PeerId' }))
  })

  test('error: PeerId for a key of small order', () => {
    const smallOrder = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa' as PublicKey
    expect(fromHex(smallOrder)).toHaveLength(32)
    expect(() => publicKeyOf(peerIdOf(smallOrder))).toThrow(expect.objectContaining({ name: 'net.PeerId' }))
  })
})
