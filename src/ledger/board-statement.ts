// What an account signs to be on the leaderboard under a name, in a team, or off it again.
import * as v from 'valibot'
import { signedSchema, textSchema, uintSchema } from '#core/schema.ts'
import type { Signed } from '#core/signed.ts'

/** What an account signs: its name on the board and its team, if it has one; a name of null takes it off. */
export type BoardStatement = Signed<{
  readonly name: string | null
  readonly team: string | null
  readonly issuedMs: number
}>

/** Message type of {@link BoardStatement}. */
export const BOARD_TYPE = 'leaderboard'

/** Over what the board counts: today, the week since Monday, both by UTC, or everything. */
export const BOARD_SPANS = ['day', 'week', 'total'] as const

/** One of {@link BOARD_SPANS}. */
export type BoardSpan = (typeof BOARD_SPANS)[number]

/** Lines in one answer. */
export const MAX_BOARD_LINES = 100

/** A statement from elsewhere. Names are judged by the coordinator. */
export const boardStatementSchema: v.GenericSchema<unknown, BoardStatement> = signedSchema(
  v.strictObject({
    name: v.nullable(textSchema(64)),
    team: v.nullable(textSchema(64)),
    issuedMs: uintSchema(),
  }),
)
