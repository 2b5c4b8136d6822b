// The leaderboard: asked for by anyone, joined and left by a signed statement.
import { type Context, Hono } from 'hono'
import { isPublicKey } from '#core/ed25519.ts'
import { BOARD_SPANS, type BoardSpan, boardStatementSchema } from '#ledger/board-statement.ts'
import { stateOnBoard } from '#coordinator/board.ts'
import { isTeamName } from '#coordinator/board-name.ts'
import { type BoardLine, type Since, readBoard, readBoardPlace, readTeams } from '#coordinator/store/board.ts'
import { dayOf } from '#coordinator/store/sites.ts'
import { BadParameterError, readJson } from './body.ts'
import type { HttpParts } from './context.ts'

const DAY_MS = 86_400_000

/** A name and a team, signed. */
const MAX_STATEMENT_BYTES = 2_048

/** `/api/v1/leaderboard`. */
export function boardRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  const { db } = grid.store
  app.get('/', async (c) => {
    const team = c.req.query('team') ?? null
    if (team !== null && !isTeamName(team)) throw new BadParameterError('team', 'the name of a team')
    const account = c.req.query('account') ?? null
    if (account !== null && !isPublicKey(account)) throw new BadParameterError('account', 'the key of an account')
    const by = spanOf(c)
    const since = sinceOf(by, grid.clock.nowMs())
    const lines = (await readBoard(db, since, team)).map(lineJson)
    if (account === null) return c.json({ by, lines })
    const own = await readBoardPlace(db, since, account)
    return c.json({ by, lines, own: own === null ? null : { ...lineJson(own), place: own.place } })
  })
  app.get('/teams', async (c) => {
    const by = spanOf(c)
    const teams = await readTeams(db, sinceOf(by, grid.clock.nowMs()))
    return c.json({
      by,
      teams: teams.map(({ team, members, amount }) => ({ team, members, amount: amount.toString() })),
    })
  })
  app.post('/', async (c) => {
    await stateOnBoard(grid, await readJson(c, boardStatementSchema, 'statement', MAX_STATEMENT_BYTES))
    return c.body(null, 204)
  })
  return app
}

function spanOf(c: Context): BoardSpan {
  const by = BOARD_SPANS.find((span) => span === (c.req.query('by') ?? 'total'))
  if (by === undefined) throw new BadParameterError('by', 'total, week or day')
  return by
}

/** When a span began by UTC; weeks begin on Mondays, and day 0 was a Thursday. */
function sinceOf(by: BoardSpan, nowMs: number): Since {
  const today = dayOf(nowMs)
  if (by === 'total') return null
  return (by === 'day' ? today : today - ((today + 3) % 7)) * DAY_MS
}

function lineJson({ account, name, team, amount }: BoardLine) {
  return { account, name, team, amount: amount.toString() }
}
