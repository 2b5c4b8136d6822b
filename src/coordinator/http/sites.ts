// What sites earned by the word of their visitors, by day, for their owners: asked by the site's account or by its origin.
import { Hono } from 'hono'
import { isPublicKey } from '#core/ed25519.ts'
import { readAccount } from '#coordinator/store/accounts.ts'
import { type SiteQuery, dayOf, siteDays } from '#coordinator/store/sites.ts'
import { accountJson } from './accounts.ts'
import { BadParameterError } from './body.ts'
import type { HttpParts } from './context.ts'

const DAY_MS = 86_400_000

/** Days that are told of where nothing else is asked: three months. */
const DAYS = 90

/** Longest name of a site: what a hello may carry. */
const MAX_SITE_LENGTH = 256

/** `GET /api/v1/sites/:name`. */
export function siteRoutes({ grid }: HttpParts): Hono {
  const { db } = grid.store
  return new Hono().get('/:name', async (c) => {
    const query = queryOf(c.req.param('name'))
    const from = firstDay(c.req.query('from'), dayOf(grid.clock.nowMs()))
    const days = await siteDays(db, query, from)
    return c.json({
      account: 'account' in query ? accountJson(await readAccount(db, query.account)) : null,
      from: dateOf(from),
      days: days.map(({ site, account, day, units, amount }) => ({
        site,
        account,
        day: dateOf(day),
        units,
        amount: amount.toString(),
      })),
    })
  })
}

function queryOf(name: string): SiteQuery {
  if (isPublicKey(name)) return { account: name }
  if (name.length <= MAX_SITE_LENGTH && /^https?:\/\//.test(name) && URL.canParse(name))
    return { site: new URL(name).origin }
  throw new BadParameterError('name', 'an account key, or the origin of a site, such as https%3A%2F%2Fgarden.example')
}

/** A date as a day since 1970; three months back where none is given. */
function firstDay(date: string | undefined, today: number): number {
  if (date === undefined) return Math.max(0, today - DAYS + 1)
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN
  if (!(ms >= 0)) throw new BadParameterError('from', 'a date such as 2026-11-29')
  return dayOf(ms)
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
