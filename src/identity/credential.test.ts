// The prompts themselves are tested in a browser: test/e2e/identity.spec.ts.
import { expect, test } from 'vitest'
import { systemRandom } from '#core/random.ts'
import {
  CredentialOriginError,
  CredentialUnsupportedError,
  createCredential,
  isIpAddress,
  openCredential,
} from './credential.ts'

const request = { rpName: 'Commonwatt', userName: 'this device' }
const stored = { id: 'AA', publicKey: 'AA', attestation: null }

test.each(['127.0.0.1', '192.168.1.20', '[::1]', '::1', '[2001:db8::1]', '[::ffff:1.2.3.4]'])(
  'error: CredentialOrigin at %s',
  async (rpId) => {
    expect(isIpAddress(rpId)).toBe(true)
    const error = await createCredential({ ...request, rpId }, systemRandom).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CredentialOriginError)
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining(rpId) as string })
    await expect(openCredential(stored, { rpId }).assert(new Uint8Array(32))).rejects.toThrow(CredentialOriginError)
  },
)

test.each(['localhost', 'commonwatt.example', 'a.b.example', '1.2.3.example', 'face.example', 'cafe'])(
  'behaviour: %s is a host name',
  (rpId) => expect(isIpAddress(rpId)).toBe(false),
)

test('error: CredentialUnsupported where there is no WebAuthn', async () => {
  const made = createCredential({ ...request, rpId: 'localhost' }, systemRandom)
  await expect(made).rejects.toThrow(CredentialUnsupportedError)
  const asserted = openCredential(stored, { rpId: 'localhost' }).assert(new Uint8Array(32))
  await expect(asserted).rejects.toThrow(/You can contribute without one/)
})
