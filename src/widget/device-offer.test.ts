import { describe, expect, test } from 'vitest'
import { type DeviceFacts, PHONE_BELOW_PX, offerFor } from './device-offer.ts'

const desk: DeviceFacts = { isMobile: null, isTouchOnly: false, shortSidePx: 1080, savesData: false }

describe('offerFor', () => {
  test('default: a desk is asked', () => {
    expect(offerFor(desk)).toBe('ask')
    expect(offerFor({ ...desk, isMobile: false })).toBe('ask')
  })

  test('behaviour: a phone by the browser’s word is not asked', () => {
    expect(offerFor({ ...desk, isMobile: true })).toBe('phone')
  })

  test('behaviour: without the browser’s word the screen decides, and a small window on a desk is no phone', () => {
    expect(offerFor({ ...desk, isTouchOnly: true, shortSidePx: 390 })).toBe('phone')
    expect(offerFor({ ...desk, isTouchOnly: false, shortSidePx: 390 })).toBe('ask')
    expect(offerFor({ ...desk, isMobile: false, isTouchOnly: true, shortSidePx: 390 })).toBe('ask')
  })

  test('limit: a touch screen of 599 pixels is a phone, of 600 a tablet', () => {
    expect(offerFor({ ...desk, isTouchOnly: true, shortSidePx: PHONE_BELOW_PX - 1 })).toBe('phone')
    expect(offerFor({ ...desk, isTouchOnly: true, shortSidePx: PHONE_BELOW_PX })).toBe('ask')
  })

  test('behaviour: who saves data is not asked, whatever the device', () => {
    expect(offerFor({ ...desk, savesData: true })).toBe('less-data')
    expect(offerFor({ ...desk, savesData: true, isMobile: true })).toBe('less-data')
  })
})
