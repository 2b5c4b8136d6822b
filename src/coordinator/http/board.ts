// The leaderboard: asked for by anyone, joined and left by a signed statement.
import { Hono } from 'hono'
import { boardStatementSchema, stateOnBoard } from '#coordinator/board.ts'
import { isTeamName } from '#coordinator/board-name.ts'
import { type BoardLine, boardInTotal, boardSince, teamsInTotal } from '#coordinator/store/board.ts'
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
    const by = c.req.query('by') ?? 'total'
    if (by !== 'total' && by !== 'day') throw new BadParameterError('by', 'total or day')
    const today = dayOf(grid.clock.nowMs()) * DAY_MS
    const lines = by === 'total' ? await boardInTotal(db, team) : await boardSince(db, today, team)
    return c.json({ by, lines: lines.map(lineJson) })
  })
  app.get('/teams', async (c) => {
    const teams = await teamsInTotal(db)
    return c.json({ teams: teams.map(({ team, members, amount }) => ({ team, members, amount: amount.toString() })) })
  })
  app.post('/', async (c) => {
    await stateOnBoard(grid, await readJson(c, boardStatementSchema, 'statement', MAX_STATEMENT_BYTES))
    return c.body(null, 204)
  })
  return app
}

function lineJson({ account, name, team, amount }: BoardLine) {
  return { account, name, team, amount: amount.toString() }
}
