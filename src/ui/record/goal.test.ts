import { describe, expect, test } from 'vitest'
import type { SettingsStore } from '#ui/settings.ts'
import { type Goal, MAX_TARGET, goalOf, loadGoal, progressOf, saveGoal } from './goal.ts'

const CREDIT: Goal = { of: 'credit', per: 'week', target: 0.5 }
const UNITS: Goal = { of: 'units', per: 'day', target: 40 }

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

describe('goal', () => {
  test('default: there is none; one that is kept is found again, and can be taken away', () => {
    const store = storeOf(null)
    expect(loadGoal(store)).toBeNull()
    saveGoal(store, CREDIT)
    expect(loadGoal(store)).toEqual(CREDIT)
    saveGoal(store, null)
    expect(loadGoal(store)).toBeNull()
  })

  test.each(['', '{', '[]', '7', '{"of":"units","per":"year","target":1}', `"${'x'.repeat(300)}"`])(
    'behaviour: %j is no goal',
    (text) => {
      expect(loadGoal(storeOf(text))).toBeNull()
    },
  )

  test(`limit: targets from 1 unit or 0.000001 credits to ${MAX_TARGET}`, () => {
    const isGoal = (of: Goal['of'], target: number) => goalOf({ of, per: 'day', target }) !== null
    expect([0, 1, 1.5, MAX_TARGET, MAX_TARGET + 1].map((target) => isGoal('units', target))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ])
    expect([0, 0.0000005, 0.000001, MAX_TARGET, Infinity].map((target) => isGoal('credit', target))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ])
  })

  test('behaviour: progress is exact at the goal, and never more than all of it', () => {
    expect(progressOf(UNITS, { agreed: 39, credited: '0' })).toMatchObject({ share: 39 / 40, isReached: false })
    expect(progressOf(UNITS, { agreed: 90, credited: '0' })).toMatchObject({ share: 1, isReached: true })
    expect(progressOf(CREDIT, { agreed: 0, credited: '499999999999999999' })).toMatchObject({ isReached: false })
    expect(progressOf(CREDIT, { agreed: 0, credited: '500000000000000000' })).toMatchObject({
      share: 1,
      isReached: true,
    })
    expect(progressOf(CREDIT, { agreed: 0, credited: '125000000000000000' }).share).toBe(0.25)
  })
})
