import { describe, expect, test } from 'vitest'
import {
  DEFAULT_SETTINGS,
  KEPT_CONSENT_MS,
  type Settings,
  type SettingsStore,
  clampShare,
  loadSettings,
  mayResume,
  saveSettings,
} from './settings.ts'

const NOW_MS = 1_800_000_000_000

function storeOf(text: string | null): SettingsStore & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text
    },
    setItem(_key, value) {
      this.text = value
    },
  }
}

const deniedStore: SettingsStore = {
  getItem() {
    throw new DOMException('denied', 'SecurityError')
  },
  setItem() {
    throw new DOMException('denied', 'SecurityError')
  },
}

describe('settings', () => {
  test('default: a first visit has half the device and resumes nothing', () => {
    expect(loadSettings(storeOf(null))).toEqual(DEFAULT_SETTINGS)
    expect(mayResume(DEFAULT_SETTINGS, NOW_MS)).toBe(false)
  })

  test('behaviour: what is saved is loaded', () => {
    const store = storeOf(null)
    const settings: Settings = {
      gpuShare: 0.35,
      rules: {
        batteryFloorPercent: 20,
        isMeteredAllowed: true,
        isHiddenAllowed: true,
        hours: { fromMinute: 1, toMinute: 0 },
      },
      isKept: true,
      resumeUntilMs: NOW_MS,
      isPasskeyDismissed: true,
    }
    saveSettings(store, settings)
    expect(loadSettings(store)).toEqual(settings)
  })

  test.each([
    '',
    'null',
    '[]',
    '7',
    '{"gpuShare":"all"}',
    '{',
    '{"rules":{"batteryFloorPercent":0}}',
    '{"rules":{"batteryFloorPercent":101,"isMeteredAllowed":true,"isHiddenAllowed":true,"hours":null}}',
    '{"resumeUntilMs":-1,"isKept":"yes"}',
    `"${'x'.repeat(2000)}"`,
  ])('behaviour: stored text that makes no sense is a first visit: %s', (text) => {
    expect(loadSettings(storeOf(text))).toEqual(DEFAULT_SETTINGS)
  })

  test('behaviour: a browser that denies storage gets the defaults and no error', () => {
    expect(loadSettings(deniedStore)).toEqual(DEFAULT_SETTINGS)
    expect(loadSettings(null)).toEqual(DEFAULT_SETTINGS)
    expect(() => saveSettings(deniedStore, DEFAULT_SETTINGS)).not.toThrow()
  })

  test('limit: resumes a millisecond before the end, not at it, and never on a consent longer than thirty days', () => {
    const kept = (resumeUntilMs: number): Settings => ({ ...DEFAULT_SETTINGS, isKept: true, resumeUntilMs })
    expect(mayResume(kept(NOW_MS + 1), NOW_MS)).toBe(true)
    expect(mayResume(kept(NOW_MS), NOW_MS)).toBe(false)
    expect(mayResume(kept(NOW_MS + KEPT_CONSENT_MS), NOW_MS)).toBe(true)
    expect(mayResume(kept(NOW_MS + KEPT_CONSENT_MS + 1), NOW_MS)).toBe(false)
    expect(mayResume({ ...kept(NOW_MS + 1), isKept: false }, NOW_MS)).toBe(false)
  })

  test.each([
    [0.05, 0.05],
    [0.049, 0.05],
    [1, 1],
    [1.01, 1],
    [0.333, 0.33],
    [Number.NaN, 0.5],
    [Number.POSITIVE_INFINITY, 0.5],
  ])('limit: a share of %d is taken as %d', (share, expected) => {
    expect(clampShare(share)).toBe(expected)
  })
})
