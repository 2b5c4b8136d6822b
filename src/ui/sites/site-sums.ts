// Sums over the days of a site's earnings, and what a person typed to ask for them. Pure.
import { isPublicKey } from '#core/ed25519.ts'
import type { SiteDay } from '#sdk/sites.ts'

const DAY_MS = 86_400_000

/** Units and atto-credit. */
export type Sum = { readonly units: number; readonly amount: bigint }

/** The sum of one day; `atMs` is its beginning by UTC. */
export type DaySum = Sum & { readonly atMs: number }

/** Everything in `days`. */
export function totalOf(days: readonly SiteDay[]): Sum {
  return days.reduce<Sum>(
    ({ units, amount }, day) => ({ units: units + day.units, amount: amount + BigInt(day.amount) }),
    { units: 0, amount: 0n },
  )
}

/** Sums by what `keyOf` says, largest amount first. */
export function sumsBy(days: readonly SiteDay[], keyOf: (day: SiteDay) => string): (Sum & { readonly key: string })[] {
  const groups = new Map<string, SiteDay[]>()
  for (const day of days) groups.set(keyOf(day), [...(groups.get(keyOf(day)) ?? []), day])
  return [...groups]
    .map(([key, own]) => Object.assign({ key }, totalOf(own)))
    .toSorted((a, b) => (a.amount === b.amount ? (a.key < b.key ? -1 : 1) : a.amount < b.amount ? 1 : -1))
}

/** Each day from `from` to the one of `nowMs`, those without earnings too, oldest first, at most `limit` of the latest. */
export function daySums(days: readonly SiteDay[], from: string, nowMs: number, limit: number): DaySum[] {
  const last = Math.floor(nowMs / DAY_MS)
  const first = Math.max(Math.floor(Date.parse(from) / DAY_MS), last - limit + 1)
  const sums = new Map(sumsBy(days, ({ day }) => day).map((sum) => [sum.key, sum]))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => {
    const atMs = (first + at) * DAY_MS
    const { units = 0, amount = 0n } = sums.get(new Date(atMs).toISOString().slice(0, 10)) ?? {}
    return { atMs, units, amount }
  })
}

/** What is asked for: an account's key or a site's origin; null where `typed` is neither. `garden.example` is taken for its https origin. */
export function askedFor(typed: string): string | null {
  const text = typed.trim()
  if (isPublicKey(text.toLowerCase())) return text.toLowerCase()
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`
  if (text === '' || /\s/.test(text) || !URL.canParse(address)) return null
  const { origin, hostname } = new URL(address)
  const isName = hostname.includes('.') || hostname === 'localhost' || hostname.startsWith('[')
  return isName ? origin : null
}
