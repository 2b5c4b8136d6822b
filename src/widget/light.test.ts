import { expect, test } from 'vitest'
import * as settings from '#ui/settings.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { assertConsent } from '#node/consent.ts'
import { DEFAULT_SHARE, MAX_SITE_PERCENT, MIN_SHARE } from './light.ts'

const KEY = signerFromSecret(seededRandom('light').bytes(32)).publicKey

test('behaviour: the widget offers the shares that our own page offers', () => {
  expect({ DEFAULT_SHARE, MIN_SHARE }).toEqual({
    DEFAULT_SHARE: settings.DEFAULT_SHARE,
    MIN_SHARE: settings.MIN_SHARE,
  })
})

test('limit: a site gets at most what a consent can give', () => {
  const consentTo = (percent: number) => () =>
    assertConsent({ gpuShare: 1, expiresMs: 2, site: 'https://garden.example', split: { account: KEY, percent } }, 1)
  expect(consentTo(MAX_SITE_PERCENT)).not.toThrow()
  expect(consentTo(MAX_SITE_PERCENT + 1)).toThrow('does not hold')
})
