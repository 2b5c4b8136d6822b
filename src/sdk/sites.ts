// What sites earned by the word of their visitors, as a coordinator tells it.
import * as v from 'valibot'
import type { PublicKey } from '#core/ed25519.ts'
import { amountSchema, publicKeySchema, textSchema, uintSchema } from '#core/schema.ts'
import type { Http } from './http.ts'

/** A day's sums of one site and account: `day` as 2026-11-29 (UTC), `amount` in atto-credit. */
export type SiteDay = {
  readonly site: string
  readonly account: PublicKey
  readonly day: string
  readonly units: number
  readonly amount: string
}

/** Days from `from` on, the latest first. `account` is what the account has where it was asked for by its key. */
export type SiteEarnings = {
  readonly account: { readonly balance: string; readonly pending: string; readonly burned: string } | null
  readonly from: string
  readonly days: readonly SiteDay[]
}

/** Most sums in an answer, as the coordinator bounds them. */
const MAX_DAYS = 2_000

const dateSchema = v.pipe(v.string(), v.regex(/^\d{4,6}-\d{2}-\d{2}$/))

const earningsSchema = v.object({
  account: v.nullable(v.object({ balance: amountSchema, pending: amountSchema, burned: amountSchema })),
  from: dateSchema,
  days: v.pipe(
    v.array(
      v.object({
        site: textSchema(256),
        account: publicKeySchema,
        day: dateSchema,
        units: uintSchema(),
        amount: amountSchema,
      }),
    ),
    v.maxLength(MAX_DAYS),
  ),
})

/** The earnings of an account's key on all sites, or of a site's origin for all accounts, of the last three months. */
export function fetchSiteEarnings(http: Http, name: string, signal?: AbortSignal): Promise<SiteEarnings> {
  return http.json(`/api/v1/sites/${encodeURIComponent(name)}`, earningsSchema, { signal })
}
