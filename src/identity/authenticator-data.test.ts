import { encodeCBOR } from '@levischuck/tiny-cbor'
import { describe, expect, test } from 'vitest'
import { concat, fromBase64url, toBase64url, utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { attestedCredentialOf, authenticatorDataOf, createSoftwareCredential } from './authenticator.fixture.ts'
import { AuthenticatorDataError, parseAttestation, parseAuthenticatorData } from './authenticator-data.ts'

const none = new Uint8Array(0)
const key = encodeCBOR(new Map([[1, 2]]))
const extensions = encodeCBOR(new Map([['credProtect', 2]]))

const data = (flags: number, tail: Uint8Array = none) => authenticatorDataOf({ counter: 258 }, flags, tail)

describe('authenticator data', () => {
  test('default', () => {
    expect(parseAuthenticatorData(data(1 | 4 | 8 | 16))).toEqual({
      rpIdHash: sha256(utf8('localhost')),
      flags: { isUserPresent: true, isUserVerified: true, isBackupEligible: true, isBackedUp: true },
      counter: 258,
      credential: null,
    })
    expect(parseAuthenticatorData(data(0)).flags.isUserPresent).toBe(false)
  })

  test('behaviour: credential and extensions are found where the flags say', () => {
    const id = Uint8Array.of(1, 2, 3)
    const both = parseAuthenticatorData(data(64 | 128, concat(attestedCredentialOf(key, id), extensions)))
    expect(both.credential).toEqual({ id: toBase64url(id), publicKey: key })
    expect(parseAuthenticatorData(data(128, extensions)).credential).toBeNull()
  })

  test('limit: a credential id of 1023 bytes accepted, 1024 refused', () => {
    const of = (length: number) => parseAuthenticatorData(data(64, attestedCredentialOf(key, new Uint8Array(length))))
    expect(of(1023).credential?.id).toHaveLength(1364)
    expect(() => of(1024)).toThrow(/1024 bytes, more than 1023/)
  })

  test('limit: 37 bytes accepted, 36 and 38 refused', () => {
    expect(parseAuthenticatorData(data(1)).counter).toBe(258)
    expect(() => parseAuthenticatorData(data(1).subarray(0, 36))).toThrow(AuthenticatorDataError)
    expect(() => parseAuthenticatorData(data(1, Uint8Array.of(0)))).toThrow(/trailing bytes/)
  })

  test('behaviour: a view into a larger buffer is read as itself', () => {
    const framed = concat(Uint8Array.of(9, 9), data(1), Uint8Array.of(9))
    expect(parseAuthenticatorData(framed.subarray(2, 39)).counter).toBe(258)
  })

  const refused: [string, Uint8Array][] = [
    ['nothing', none],
    ['reserved flag 2', data(1 | 2)],
    ['reserved flag 32', data(1 | 32)],
    ['a backup of what cannot be backed up', data(1 | 16)],
    ['a promised credential that is not there', data(64)],
    ['a credential cut in its id', data(64, attestedCredentialOf(none, new Uint8Array(20)).subarray(0, 30))],
    ['a credential cut in its key', data(64, attestedCredentialOf(key.subarray(0, 2)))],
    ['a key that is no map', data(64, attestedCredentialOf(encodeCBOR(7)))],
    ['promised extensions that are not there', data(128)],
    ['extensions that are no map', data(128, encodeCBOR([1]))],
    ['extensions without their flag', data(1, extensions)],
    ['bytes after the extensions', data(128, concat(extensions, Uint8Array.of(0)))],
  ]
  test.each(refused)('error: AuthenticatorData for %s', (_, bytes) => {
    expect(() => parseAuthenticatorData(bytes)).toThrow(AuthenticatorDataError)
  })
})

describe('attestation objects', () => {
  test('default', async () => {
    const { credential } = await createSoftwareCredential({ isSelfAttested: true })
    const parsed = parseAttestation(fromBase64url(credential.attestation?.object ?? ''))
    expect(parsed.format).toBe('packed')
    expect(parsed.data.credential).toEqual({ id: credential.id, publicKey: fromBase64url(credential.publicKey) })
  })

  const whole = { fmt: 'none', attStmt: new Map<string, number>(), authData: data(1) }
  const object = (changes: object) => encodeCBOR(new Map(Object.entries({ ...whole, ...changes })))
  const refused: [string, Uint8Array][] = [
    ['nothing', none],
    ['a list', encodeCBOR([])],
    ['no format', object({ fmt: null })],
    ['a statement that is no map', object({ attStmt: [] })],
    ['data as text', object({ authData: 'a'.repeat(37) })],
    ['broken data', object({ authData: data(2) })],
    ['trailing bytes', concat(object({}), Uint8Array.of(0))],
    ['a nesting bomb', new Uint8Array(12 * 1024).fill(0x81)],
  ]
  test.each(refused)('error: AuthenticatorData for %s', (_, bytes) => {
    expect(() => parseAttestation(bytes)).toThrow(AuthenticatorDataError)
  })
})
