// What sites earned by their visitors' splits, by day: sums alone, so that nobody who visited can be told from them. Which site it was is
// the visitors' word; what its account was paid is in the log.
import type { PublicKey } from '#core/ed25519.ts'
import type { Db } from './schema.ts'

const DAY_MS = 86_400_000

/** A day's sums of one site and account. `day` counts from 1970, by UTC. */
export type SiteDay = {
  readonly site: string
  readonly account: PublicKey
  readonly day: number
  readonly units: number
  readonly amount: bigint
}

/** Whose earnings are asked for: those of an account on all sites, or those on a site for all accounts. */
export type SiteQuery = { readonly account: PublicKey } | { readonly site: string }

/** Days in one answer, of all sites and accounts together. */
export const MAX_SITE_DAYS = 2_000

/** The day of a moment. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** Counts a unit of which a site's account was paid `amount`. */
export async function countSiteUnit(tx: Db, { site, account, day, units, amount }: SiteDay): Promise<void> {
  await tx
    .insertInto('site_days')
    .values({ site, account, day, units, amount })
    .onConflict((conflict) =>
      conflict.columns(['site', 'account', 'day']).doUpdateSet((eb) => ({
        units: eb('site_days.units', '+', eb.ref('excluded.units')),
        amount: eb('site_days.amount', '+', eb.ref('excluded.amount')),
      })),
    )
    .execute()
}

/** Sums from `from` on, the latest day first, at most {@link MAX_SITE_DAYS}. */
export async function siteDays(db: Db, query: SiteQuery, from: number): Promise<SiteDay[]> {
  const asked = 'account' in query ? (['account', query.account] as const) : (['site', query.site] as const)
  const rows = await db
    .selectFrom('site_days')
    .selectAll()
    .where(asked[0], '=', asked[1])
    .where('day', '>=', BigInt(from))
    .orderBy('day', 'desc')
    .orderBy('site')
    .orderBy('account')
    .limit(MAX_SITE_DAYS)
    .execute()
  return rows.map(({ site, account, day, units, amount }) => ({
    site,
    account: account as PublicKey,
    day: Number(day),
    units: Number(units),
    amount,
  }))
}
