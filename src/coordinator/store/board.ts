// Who asked to be on the leaderboard, and what they earned. A row whose name is null is of somebody who left: it keeps the moment of their
// word for a while, so that nobody brings an older one again.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { MAX_BOARD_LINES } from '#ledger/board-statement.ts'
import type { Db } from './schema.ts'

/** What an account asked to be shown as; `look` tells names apart by how they look. Nulls after it left. */
export type BoardRow = {
  readonly account: PublicKey
  readonly name: string | null
  readonly look: string | null
  readonly team: string | null
  readonly statement: Digest
  readonly issuedMs: number
}

/** A line of the board: `amount` was earned by verified work and not lost by faults since. */
export type BoardLine = {
  readonly account: PublicKey
  readonly name: string
  readonly team: string | null
  readonly amount: bigint
}

/** A team's line: what its members earned together. */
export type TeamLine = { readonly team: string; readonly members: number; readonly amount: bigint }

/** An account's own line and its place, however far down; no place where it earned nothing in the time. */
export type BoardPlace = BoardLine & { readonly place: number | null }

/** What `account` asked for last, or null. */
export async function readBoardRow(db: Db, account: PublicKey): Promise<{ readonly issuedMs: number } | null> {
  const row = await db.selectFrom('board').select('issued_ms').where('account', '=', account).executeTakeFirst()
  return row === undefined ? null : { issuedMs: Number(row.issued_ms) }
}

/** Whose name looks like that; null where nobody's does. */
export async function accountWithLook(db: Db, look: string): Promise<PublicKey | null> {
  const row = await db.selectFrom('board').select('account').where('look', '=', look).executeTakeFirst()
  return row === undefined ? null : (row.account as PublicKey)
}

/** Keeps what an account asks for in place of what it asked for before. */
export async function writeBoardRow(
  tx: Db,
  { account, name, look, team, statement, issuedMs }: BoardRow,
): Promise<void> {
  const changing = { name, look, team, statement, issued_ms: issuedMs }
  await tx
    .insertInto('board')
    .values({ account, ...changing })
    .onConflict((conflict) => conflict.column('account').doUpdateSet(changing))
    .execute()
}

/** Forgets those who left before `beforeMs`. */
export async function forgetLeft(tx: Db, beforeMs: number): Promise<void> {
  await tx.deleteFrom('board').where('name', 'is', null).where('issued_ms', '<', BigInt(beforeMs)).execute()
}

/** Since when the board counts; null for everything, which is less what faults took. */
export type Since = number | null

/** The board of what was earned, of `team` alone where one is named. Who earned nothing in the time is left out. */
export async function readBoard(db: Db, since: Since, team: string | null): Promise<BoardLine[]> {
  const rows = await db
    .selectFrom(lines(db, since))
    .selectAll()
    .$if(team !== null, (query) => query.where('team', '=', team))
    .orderBy('amount', 'desc')
    .orderBy('account')
    .limit(MAX_BOARD_LINES)
    .execute()
  return rows.map(lineOf)
}

/** Where `account` is on that board, however far down; null where it asked for no name. */
export async function readBoardPlace(db: Db, since: Since, account: PublicKey): Promise<BoardPlace | null> {
  const row = await db
    .selectFrom('board')
    .leftJoin(lines(db, since), 'line.account', 'board.account')
    .select(['board.account', 'board.name', 'board.team', 'amount'])
    .where('board.account', '=', account)
    .where('board.name', 'is not', null)
    .executeTakeFirst()
  if (row === undefined) return null
  const { amount } = row
  if (amount === null) return { ...lineOf({ ...row, amount: 0n }), place: null }
  const { before } = await db
    .selectFrom(lines(db, since))
    .select((eb) => eb.fn.countAll<bigint>().as('before'))
    .where((eb) => eb.or([eb('amount', '>', amount), eb.and([eb('amount', '=', amount), eb('account', '<', account)])]))
    .executeTakeFirstOrThrow()
  return { ...lineOf({ ...row, amount }), place: Number(before) + 1 }
}

/** Teams by what their members earned; those that earned nothing in the time are left out. */
export async function readTeams(db: Db, since: Since): Promise<TeamLine[]> {
  const rows = await db
    .selectFrom(lines(db, since))
    .select((eb) => ['team', eb.fn.countAll<bigint>().as('members'), eb.fn.sum<bigint>('amount').as('total')] as const)
    .where('team', 'is not', null)
    .groupBy('team')
    .orderBy('total', 'desc')
    .orderBy('team')
    .limit(MAX_BOARD_LINES)
    .execute()
  return rows.map(({ team, members, total }) => ({ team: team ?? '', members: Number(members), amount: total }))
}

/** Who has a name, with what they earned: as a table that queries select from. */
function lines(db: Db, since: Since) {
  const named = db.selectFrom('board').where('board.name', 'is not', null)
  if (since === null)
    return named
      .innerJoin('accounts', 'accounts.account', 'board.account')
      .select(
        (eb) =>
          ['board.account', 'board.name', 'board.team', eb('earned', '-', eb.ref('burned')).as('amount')] as const,
      )
      .as('line')
  return named
    .innerJoin('receipts', 'receipts.account', 'board.account')
    .select(
      (eb) => ['board.account', 'board.name', 'board.team', eb.fn.sum<bigint>('receipts.amount').as('amount')] as const,
    )
    .where('receipts.at_ms', '>=', BigInt(since))
    .groupBy(['board.account', 'board.name', 'board.team'])
    .as('line')
}

type LineRow = Readonly<Record<'account' | 'name', string | null>> & {
  readonly team: string | null
  readonly amount: bigint
}

function lineOf({ account, name, team, amount }: LineRow): BoardLine {
  return { account: account as PublicKey, name: name ?? '', team, amount }
}
