// The history as files that other programs read: CSV (RFC 4180) of the units, JSON of everything (docs/history.md). Always in English and
// in exact numbers, whatever the page speaks.
import type { WholeHistory } from './history-store.ts'
import type { KeptUnit } from './kept.ts'

/** Name and version of the JSON. */
export const HISTORY_FORMAT = 'commonwatt-history/1'

const ATTO_DIGITS = 18

/** A spreadsheet takes a cell that begins like this for a formula (OWASP, CSV injection); the wide forms are what an input method writes. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/

const COLUMNS: readonly (readonly [string, (unit: KeptUnit) => string])[] = [
  ['started', ({ startedMs }) => new Date(startedMs).toISOString()],
  ['finished', ({ finishedMs }) => new Date(finishedMs).toISOString()],
  ['what', ({ what }) => what],
  ['outcome', ({ outcome }) => outcome],
  ['credit', ({ credited }) => (credited === null ? '' : creditsOf(credited))],
  ['credit_atto', ({ credited }) => credited ?? ''],
  ['reason', ({ reason }) => reason],
  ['unit', ({ unit }) => unit],
  ['certificate', ({ certificate }) => certificate ?? ''],
  ['checked_with', ({ peers }) => peers.map(({ node }) => node).join(' ')],
]

/** The units, oldest first, a header line above them. */
export function csvOf(units: readonly KeptUnit[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...units.map((unit) => COLUMNS.map(([, cell]) => cell(unit)))]
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}

/** Everything, with its format's name. */
export function jsonOf({ totals, units, quarters, minutes }: WholeHistory, nowMs: number): string {
  const exported = new Date(nowMs).toISOString()
  return `${JSON.stringify({ format: HISTORY_FORMAT, exported, totals: totals ?? null, units, quarters, minutes }, null, 1)}\n`
}

/** "commonwatt-history-2026-11-29.csv": the day is this device's. */
export function fileName(extension: 'csv' | 'json', nowMs: number): string {
  const day = new Date(nowMs)
  const parts = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0'))
  return `commonwatt-history-${parts.join('-')}.${extension}`
}

/** A cell, quoted where it must be; what a spreadsheet would compute is told by an apostrophe that it is text. */
function cellOf(text: string): string {
  const plain = FORMULA_START.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) || plain !== plain.trim() ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Atto-credit in credits, every digit of it. */
function creditsOf(amountAtto: string): string {
  const padded = amountAtto.padStart(ATTO_DIGITS + 1, '0')
  const decimals = padded.slice(-ATTO_DIGITS).replace(/0+$/, '')
  return decimals === '' ? padded.slice(0, -ATTO_DIGITS) : `${padded.slice(0, -ATTO_DIGITS)}.${decimals}`
}
