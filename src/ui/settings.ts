// What the contributor chose, kept in this browser: the share, when to lend, and whether the page may resume by itself. Not the identity.
import * as v from 'valibot'
import { DEFAULT_RULES, type GuestRules, guestRulesSchema } from '#core/guest-rules.ts'

/** Share of the GPU offered first. */
export const DEFAULT_SHARE = 0.5

/** Smallest share that can be chosen: the smallest the worker accepts. */
export const MIN_SHARE = 0.05

/** A click is good for a day: consent is given again, not assumed. */
export const CONSENT_MS = 24 * 60 * 60 * 1000

/** With "keep contributing" ticked a click is good for thirty days. */
export const KEPT_CONSENT_MS = 30 * CONSENT_MS

const KEY = 'commonwatt/settings/v1'
const MAX_LENGTH = 1000

/** Choices of this browser's owner. */
export type Settings = {
  readonly gpuShare: number
  /** When the device may be lent. */
  readonly rules: GuestRules
  /** Whether "Keep contributing when I come back" is ticked. */
  readonly isKept: boolean
  /** Until when the page may start by itself; 0 after a stop and unless kept. */
  readonly resumeUntilMs: number
  readonly isPasskeyDismissed: boolean
}

/** The part of Storage that settings need. */
export type SettingsStore = Pick<Storage, 'getItem' | 'setItem'>

/** Settings of a first visit: nothing resumes. */
export const DEFAULT_SETTINGS: Settings = {
  gpuShare: DEFAULT_SHARE,
  rules: DEFAULT_RULES,
  isKept: false,
  resumeUntilMs: 0,
  isPasskeyDismissed: false,
}

/** The stored settings, or the defaults where there are none, or none that make sense, or storage is denied. */
export function loadSettings(store: SettingsStore | null): Settings {
  try {
    const text = store?.getItem(KEY) ?? null
    return text === null || text.length > MAX_LENGTH ? DEFAULT_SETTINGS : settingsFrom(JSON.parse(text))
  } catch {
    // Storage denied or text that is not JSON: a first visit.
    return DEFAULT_SETTINGS
  }
}

/** Stores `settings`; a browser that denies storage forgets them, which is its right. */
export function saveSettings(store: SettingsStore | null, settings: Settings): void {
  try {
    store?.setItem(KEY, JSON.stringify(settings))
  } catch {
    // Denied or full.
  }
}

/** This browser's storage, or null where the page may not have any (frames in strict browsers). */
export function browserStore(): SettingsStore | null {
  try {
    return globalThis.localStorage
  } catch {
    return null
  }
}

/** Whether the page may start by itself at `nowMs`. */
export function mayResume(settings: Settings, nowMs: number): boolean {
  return settings.isKept && nowMs < settings.resumeUntilMs && settings.resumeUntilMs <= nowMs + KEPT_CONSENT_MS
}

/** `share` within what can be chosen, in steps of one per cent. */
export function clampShare(share: number): number {
  if (!Number.isFinite(share)) return DEFAULT_SHARE
  return Math.min(1, Math.max(MIN_SHARE, Math.round(share * 100) / 100))
}

function settingsFrom(value: unknown): Settings {
  if (typeof value !== 'object' || value === null) return DEFAULT_SETTINGS
  const found = value as Partial<Record<keyof Settings, unknown>>
  const until = found.resumeUntilMs
  const rules = v.safeParse(guestRulesSchema, found.rules)
  return {
    gpuShare: typeof found.gpuShare === 'number' ? clampShare(found.gpuShare) : DEFAULT_SHARE,
    rules: rules.success ? rules.output : DEFAULT_RULES,
    isKept: found.isKept === true,
    resumeUntilMs: typeof until === 'number' && Number.isSafeInteger(until) && until > 0 ? until : 0,
    isPasskeyDismissed: found.isPasskeyDismissed === true,
  }
}
