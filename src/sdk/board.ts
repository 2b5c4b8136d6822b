// The leaderboard: who asked to be named there and what they earned, and the word by which an account joins, changes its name or leaves.
import * as v from 'valibot'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { amountSchema, publicKeySchema, textSchema, uintSchema } from '#core/schema.ts'
import { type SigningContext, signMessage } from '#core/signed.ts'
import { BOARD_SPANS, BOARD_TYPE, type BoardSpan, MAX_BOARD_LINES } from '#ledger/board-statement.ts'
import type { Http } from './http.ts'

export type { BoardSpan } from '#ledger/board-statement.ts'

/** A line of the board; `amount` in atto-credit. */
export type BoardLine = {
  readonly account: PublicKey
  readonly name: string
  readonly team: string | null
  readonly amount: string
}

/** The board of `by`; `own` is the asking account's line with its place, null where it is not on it. */
export type Board = {
  readonly by: BoardSpan
  readonly lines: readonly BoardLine[]
  readonly own: (BoardLine & { readonly place: number | null }) | null
}

/** What a team's members earned together. */
export type TeamLine = { readonly team: string; readonly members: number; readonly amount: string }

/** How an account wants to be shown. */
export type BoardName = { readonly name: string; readonly team: string | null }

/** Tries of a question that a person waits for. */
const TRIES = 3

const PATH = '/api/v1/leaderboard'

const lineEntries = {
  account: publicKeySchema,
  name: textSchema(64),
  team: v.nullable(textSchema(64)),
  amount: amountSchema,
}

const boardSchema = v.object({
  by: v.picklist(BOARD_SPANS),
  lines: v.pipe(v.array(v.object(lineEntries)), v.maxLength(MAX_BOARD_LINES)),
  own: v.optional(v.nullable(v.object({ ...lineEntries, place: v.nullable(uintSchema()) })), null),
})

const teamsSchema = v.object({
  teams: v.pipe(
    v.array(v.object({ team: textSchema(64), members: uintSchema(), amount: amountSchema })),
    v.maxLength(MAX_BOARD_LINES),
  ),
})

/** The board over `by`, with the line of `account` where one is given. */
export function fetchBoard(http: Http, by: BoardSpan, account: PublicKey | null, signal?: AbortSignal): Promise<Board> {
  const query = new URLSearchParams({ by, ...(account === null ? {} : { account }) })
  return http.json(`${PATH}?${query.toString()}`, boardSchema, { signal, tries: TRIES })
}

/** Teams over `by`, the most first. */
export async function fetchTeams(http: Http, by: BoardSpan, signal?: AbortSignal): Promise<readonly TeamLine[]> {
  return (await http.json(`${PATH}/teams?by=${by}`, teamsSchema, { signal, tries: TRIES })).teams
}

/**
 * Puts the signer on the board as `shown`, or takes it off where that is null: name and team are erased then. It is sent once: a coordinator
 * that took it refuses the same words the second time.
 */
export async function stateOnBoard(
  http: Http,
  signer: Signer,
  context: SigningContext,
  shown: BoardName | null,
): Promise<void> {
  const { name = null, team = null } = shown ?? {}
  const body = await signMessage(signer, BOARD_TYPE, context, { name, team, issuedMs: http.clock.nowMs() })
  await http.bytes(PATH, 0, { method: 'POST', body, tries: 1 })
}
