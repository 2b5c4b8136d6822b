// A goal that a person sets: so many units, or so much credit, a day or a week. Kept in this browser, told to nobody.
import * as v from 'valibot'
import type { SettingsStore } from '#ui/settings.ts'
import type { Sums } from './series.ts'

/** What is wanted: `target` is a whole number of units, or credits with at most six decimals. */
export type Goal = {
  readonly of: 'units' | 'credit'
  readonly per: 'day' | 'week'
  readonly target: number
}

/** How far it is. */
export type Progress = {
  /** From 0 to 1, cut at 1 when more was done. */
  readonly share: number
  readonly isReached: boolean
  /** What was done: units as a number, credit in atto as decimal text. */
  readonly done: { readonly units: number; readonly credited: string }
}

/** Bounds of a target. More than the upper one is no goal but a slip of the hand. */
export const MIN_CREDIT = 0.000001
export const MAX_TARGET = 1_000_000

const KEY = 'commonwatt/goal/v1'
const MAX_LENGTH = 200
const ATTO_PER_MICRO = 10n ** 12n

const goalSchema: v.GenericSchema<unknown, Goal> = v.variant('of', [
  v.strictObject({
    of: v.literal('units'),
    per: v.picklist(['day', 'week']),
    target: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_TARGET)),
  }),
  v.strictObject({
    of: v.literal('credit'),
    per: v.picklist(['day', 'week']),
    target: v.pipe(v.number(), v.minValue(MIN_CREDIT), v.maxValue(MAX_TARGET)),
  }),
])

/** The goal kept, or null when there is none that makes sense. */
export function loadGoal(store: SettingsStore | null): Goal | null {
  try {
    const text = store?.getItem(KEY) ?? null
    return text === null || text.length > MAX_LENGTH ? null : goalOf(JSON.parse(text))
  } catch {
    // Storage denied or text that is not JSON: no goal.
    return null
  }
}

/** Keeps `goal`, or that there is none. A browser that denies storage forgets it with the page. */
export function saveGoal(store: SettingsStore | null, goal: Goal | null): void {
  try {
    store?.setItem(KEY, JSON.stringify(goal))
  } catch {
    // Denied or full.
  }
}

/** `value` if it is a goal. */
export function goalOf(value: unknown): Goal | null {
  const found = v.safeParse(goalSchema, value)
  return found.success ? found.output : null
}

/** How far `sums` of the goal's day or week have come. */
export function progressOf(goal: Goal, { agreed, credited }: Pick<Sums, 'agreed' | 'credited'>): Progress {
  const done = { units: agreed, credited }
  if (goal.of === 'units') return { share: Math.min(1, agreed / goal.target), isReached: agreed >= goal.target, done }
  const targetAtto = BigInt(Math.round(goal.target * 1_000_000)) * ATTO_PER_MICRO
  const isReached = BigInt(credited) >= targetAtto
  return { share: isReached ? 1 : Number((BigInt(credited) * 10_000n) / targetAtto) / 10_000, isReached, done }
}
