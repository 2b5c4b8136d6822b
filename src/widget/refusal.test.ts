import { describe, expect, test } from 'vitest'
import { REFUSAL_MS, dropRefusal, keepRefusal, parseRefusal, refusedUntilMs } from './refusal.ts'

const NOW_MS = 1_800_000_000_000

function memory(first?: string) {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? first ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  }
}
const denied = {
  getItem: (): string | null => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  },
  setItem: (): void => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  },
}

describe('a refusal', () => {
  test('default: nobody refused', () => {
    expect(refusedUntilMs(memory(), NOW_MS)).toBe(0)
  })

  test('limit: holds for thirty days and not a millisecond longer', () => {
    const store = memory()
    expect(keepRefusal(store, NOW_MS)).toBe(NOW_MS + REFUSAL_MS)
    expect(refusedUntilMs(store, NOW_MS)).toBe(NOW_MS + REFUSAL_MS)
    expect(refusedUntilMs(store, NOW_MS + REFUSAL_MS - 1)).toBe(NOW_MS + REFUSAL_MS)
    expect(refusedUntilMs(store, NOW_MS + REFUSAL_MS)).toBe(0)
  })

  test('behaviour: is gone when the visitor changes their mind', () => {
    const store = memory()
    keepRefusal(store, NOW_MS)
    dropRefusal(store)
    expect(refusedUntilMs(store, NOW_MS)).toBe(0)
  })

  test('behaviour: one from a clock far ahead does not silence us for ever', () => {
    const store = memory()
    keepRefusal(store, NOW_MS + 1)
    expect(refusedUntilMs(store, NOW_MS)).toBe(0)
  })

  test.each(['', 'never', '-5', '1e99', '9'.repeat(40), 'NaN'])(
    'behaviour: "%s" in the storage is no refusal',
    (text) => {
      expect(refusedUntilMs(memory(text), NOW_MS)).toBe(0)
      expect(parseRefusal(text, NOW_MS)).toBe(0)
    },
  )

  test('behaviour: a browser that denies storage still takes the no', () => {
    expect(keepRefusal(denied, NOW_MS)).toBe(NOW_MS + REFUSAL_MS)
    expect(refusedUntilMs(denied, NOW_MS)).toBe(0)
    expect(refusedUntilMs(null, NOW_MS)).toBe(0)
  })
})
