// Numbers, dates and units as people read them, by Intl in the page's language. Digests are the same in every language.
import { msg, str } from '@lit/localize'
import { language } from './languages/language.ts'

const ATTO_DIGITS = 18
const MAX_KEPT = 64
const kept = new Map<string, unknown>()

/** What is said of one thing, and of any other number of things; languages that do not tell them apart translate both alike. */
export type CountForms<Form> = { readonly one: Form; readonly other: Form }

/**
 * Atto-credit (decimal text) in credits, cut to `digits` decimals, of which at least `least` are shown; an amount too small to show is written
 * "<0.000001".
 */
export function formatCredits(amountAtto: string, digits = 6, least = 0): string {
  const isNegative = amountAtto.startsWith('-')
  const padded = amountAtto.replace('-', '').padStart(ATTO_DIGITS + 1, '0')
  const whole = padded.slice(0, -ATTO_DIGITS)
  const shown = padded.slice(-ATTO_DIGITS).slice(0, digits)
  const isTiny = /^0*$/.test(whole + shown) && /[1-9]/.test(padded)
  const sign = isNegative ? '-' : ''
  // Decimal text is formatted exactly, however long it is.
  const form = { minimumFractionDigits: least, maximumFractionDigits: digits }
  const format = (text: string) => numbers(form).format(text as Intl.StringNumericLiteral)
  return isTiny
    ? `${isNegative ? '>' : '<'}${format(`${sign}0.${'1'.padStart(digits, '0')}`)}`
    : format(`${sign}${whole}.${shown}`)
}

/** A whole number with its groups: "12,000". */
export function formatCount(count: number | bigint): string {
  return numbers({}).format(count)
}

/** A number with the digits that matter: "0.0215". */
export function formatNumber(value: number, digits = 3): string {
  return numbers({ maximumSignificantDigits: digits }).format(value)
}

/** A share of one in per cent, with at most `digits` decimals: "50%". */
export function formatPercent(share: number, digits = 0): string {
  return numbers({ style: 'percent', maximumFractionDigits: digits }).format(share)
}

/** Has the browser read its tables of numbers for the page's language, which takes as long as drawing much of the page: for a task of its own. */
export function openNumbers(): void {
  numbers({ style: 'percent', maximumFractionDigits: 0 })
}

/** Bytes with the decimal unit that fits: "84.2 MB". */
export function formatBytes(sizeBytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3))
  const unit = units[step] ?? 'byte'
  const value = sizeBytes / 1000 ** step
  return numbers({
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 100 && step > 0 ? 1 : 0,
  }).format(value)
}

/** Million operations a second with the unit that fits: "412 Mop/s", "3.91 Gop/s", "1.20 Top/s". */
export function formatRate(rateMops: number): { value: string; unit: string } {
  if (!Number.isFinite(rateMops) || rateMops <= 0) return { value: '–', unit: 'Gop/s' }
  if (rateMops < 1000) return { value: significant(rateMops), unit: 'Mop/s' }
  if (rateMops < 1_000_000) return { value: significant(rateMops / 1000), unit: 'Gop/s' }
  return { value: significant(rateMops / 1_000_000), unit: 'Top/s' }
}

/** A duration in the two units that matter: "0.4 sec", "12 sec", "3 min", "1 hr 20 min". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000
  if (seconds < 10) return inUnit(Math.floor(seconds * 10) / 10, 'second', 1)
  if (seconds < 60) return inUnit(Math.floor(seconds), 'second')
  return formatMinutes(Math.floor(seconds / 60))
}

/** Whole minutes as "48 min" or "3 hr 12 min". */
export function formatMinutes(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return inUnit(minutes, 'minute')
  return rest === 0 ? inUnit(hours, 'hour') : `${inUnit(hours, 'hour')} ${inUnit(rest, 'minute')}`
}

/** How long ago `atMs` was, coarse: "just now", "4 minutes ago". */
export function formatAgo(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, nowMs - atMs) / 1000
  const ago = once('ago', () => new Intl.RelativeTimeFormat(language()))
  if (seconds < 10) return msg('just now')
  if (seconds < 60) return ago.format(-Math.floor(seconds / 10) * 10, 'second')
  if (seconds < 3600) return ago.format(-Math.floor(seconds / 60), 'minute')
  if (seconds < 86_400) return ago.format(-Math.floor(seconds / 3600), 'hour')
  return ago.format(-Math.floor(seconds / 86_400), 'day')
}

/** The time of day at `atMs`: "08:05". */
export function formatClock(atMs: number): string {
  return dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(atMs)
}

/** The day of `atMs`: "Nov 29, 2026". Days that are counted by UTC are called so. */
export function formatDay(atMs: number, isUtc = false): string {
  return dates({ dateStyle: 'medium', ...(isUtc ? { timeZone: 'UTC' } : {}) }).format(atMs)
}

/** The day of `atMs` where the year is known: "Nov 29". */
export function formatDayOfYear(atMs: number): string {
  return dates({ day: 'numeric', month: 'short' }).format(atMs)
}

/** Day and time of `atMs`: "Nov 29, 2026, 14:05". */
export function formatDayAndTime(atMs: number): string {
  return dates({
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs)
}

/** Words in a row as a list: "a, b and c". */
export function formatList(items: readonly string[]): string {
  return once('list', () => new Intl.ListFormat(language(), { type: 'conjunction' })).format(items)
}

/** The form of `forms` that the page's language uses with `count`. */
export function byCount<Form>(count: number, forms: CountForms<Form>): Form {
  const rules = once('plural', () => new Intl.PluralRules(language()))
  return rules.select(count) === 'one' ? forms.one : forms.other
}

/** "1 unit", "3 units". */
export function unitCount(count: number): string {
  const shown = formatCount(count)
  return byCount(count, { one: msg(str`${shown} unit`), other: msg(str`${shown} units`) })
}

/** First six and last four characters of a digest or key. */
export function shortDigest(digest: string): string {
  return digest.length <= 12 ? digest : `${digest.slice(0, 6)}…${digest.slice(-4)}`
}

function significant(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

function inUnit(value: number, unit: string, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return numbers({ style: 'unit', unit, unitDisplay: 'short', ...options }).format(value)
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return once(`number ${JSON.stringify(options)}`, () => new Intl.NumberFormat(language(), options))
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(`date ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(language(), options))
}

/** Formats are costly to make and are made for every row of a list: one a language and kind is kept. */
function once<Format>(kind: string, make: () => Format): Format {
  const key = `${language()} ${kind}`
  const found = (kept.get(key) as Format | undefined) ?? make()
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(key, found)
  return found
}
