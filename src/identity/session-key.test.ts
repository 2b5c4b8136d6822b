import { expect, onTestFinished, test, vi } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { verifyEd25519 } from '#core/ed25519.ts'
import { KeyPairError, NoEd25519Error, createSessionKey, signerFromKeyPair } from './session-key.ts'

test('default', async () => {
  const pair = await createSessionKey()
  const signer = await signerFromKeyPair(pair)
  const message = utf8('a message')
  const signature = await signer.sign(message)
  expect(verifyEd25519(signature, message, signer.publicKey)).toBe(true)
  expect(verifyEd25519(signature, utf8('another'), signer.publicKey)).toBe(false)
})

test('behaviour: the private half cannot be exported', async () => {
  const { privateKey } = await createSessionKey()
  expect(privateKey.extractable).toBe(false)
  for (const format of ['pkcs8', 'jwk'] as const)
    await expect(crypto.subtle.exportKey(format, privateKey)).rejects.toThrow(/not extractable/i)
})

test('behaviour: two keys differ, and one pair always gives one signer', async () => {
  const pair = await createSessionKey()
  const { publicKey } = await signerFromKeyPair(pair)
  expect((await signerFromKeyPair(pair)).publicKey).toBe(publicKey)
  expect((await signerFromKeyPair(structuredClone(pair))).publicKey).toBe(publicKey)
  expect((await signerFromKeyPair(await createSessionKey())).publicKey).not.toBe(publicKey)
})

test('error: KeyPair for a pair of another algorithm', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  await expect(signerFromKeyPair(pair)).rejects.toThrow(KeyPairError)
})

test('error: NoEd25519 outside a secure context, and where the algorithm is unknown', async () => {
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
  vi.stubGlobal('crypto', {})
  await expect(createSessionKey()).rejects.toThrow(/https or localhost/)
  const refuse = () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))
  vi.stubGlobal('crypto', { subtle: { generateKey: refuse } })
  await expect(createSessionKey()).rejects.toThrow(NoEd25519Error)
})
