import { expect, test } from 'vitest'
import * as settings from '#ui/settings.ts'
import { DEFAULT_SHARE, MIN_SHARE } from './light.ts'

test('behaviour: the widget offers the shares that our own page offers', () => {
  expect({ DEFAULT_SHARE, MIN_SHARE }).toEqual({
    DEFAULT_SHARE: settings.DEFAULT_SHARE,
    MIN_SHARE: settings.MIN_SHARE,
  })
})
