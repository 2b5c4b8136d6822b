// The leaderboard: who is on it asked for it with a signature, under the name that they chose, and is off it as soon as they say so.
import { AppError } from '#core/errors.ts'
import { messageId, verifyMessage } from '#core/signed.ts'
import { BOARD_TYPE, type BoardStatement } from '#ledger/board-statement.ts'
import { BadSignatureError } from './accounts.ts'
import { isTeamName, nameLook, nameProblem } from './board-name.ts'
import type { Grid } from './grid.ts'
import { readAccount } from './store/accounts.ts'
import { accountWithLook, forgetLeft, readBoardRow, writeBoardRow } from './store/board.ts'

/** How far from now a statement may have been issued. What is older than that was said before, and may have been taken back. */
export const STATEMENT_AGE_MS = 300_000

/**
 * Puts the signer on the board, changes its name or team, or takes it off. Throws {@link BadSignatureError}, {@link StaleStatementError},
 * {@link BoardNameError}, {@link NameTakenError} and {@link NothingEarnedError}.
 */
export async function stateOnBoard({ store, network, clock }: Grid, statement: BoardStatement): Promise<void> {
  if (!verifyMessage(statement, BOARD_TYPE, network)) throw new BadSignatureError(BOARD_TYPE)
  const { name, team, issuedMs } = statement.body
  const nowMs = clock.nowMs()
  if (Math.abs(nowMs - issuedMs) > STATEMENT_AGE_MS) throw new StaleStatementError()
  const problem = name === null ? null : nameProblem(name)
  if (problem !== null) throw new BoardNameError(`The name ${problem}.`)
  if (team !== null && (name === null || !isTeamName(team)))
    throw new BoardNameError(
      'A team has a name of 2 to 24 letters a-z, digits and hyphens, and members who are on the board.',
    )
  const account = statement.signer
  const look = name === null ? null : nameLook(name)
  await store.transaction(async (tx) => {
    // Past their age statements are refused for it, so those who left need not be remembered.
    await forgetLeft(tx, nowMs - 2 * STATEMENT_AGE_MS)
    const known = await readBoardRow(tx, account)
    if (known !== null && issuedMs <= known.issuedMs) throw new StaleStatementError()
    // Names are for those who did something here: nobody makes keys to keep names from others.
    if (name !== null && (await readAccount(tx, account)).earned === 0n) throw new NothingEarnedError()
    const holder = look === null ? null : await accountWithLook(tx, look)
    if (holder !== null && holder !== account) throw new NameTakenError()
    await writeBoardRow(tx, { account, name, look, team, statement: messageId(statement), issuedMs })
  })
}

/** A statement is too old, or older than one that is known. */
export class StaleStatementError extends AppError {
  override readonly name = 'coordinator.StaleStatement'
  constructor() {
    super(
      'input',
      'The statement is not newer than the last one, or not of the last five minutes by the clock here: sign a new one.',
    )
  }
}

/** A name or team that cannot be shown to others. */
export class BoardNameError extends AppError {
  override readonly name = 'coordinator.BoardName'
  constructor(problem: string) {
    super('input', problem)
  }
}

/** Somebody has a name that looks like it. */
export class NameTakenError extends AppError {
  override readonly name = 'coordinator.NameTaken'
  constructor() {
    super('input', 'Somebody else has this name, or one that looks like it: choose another.')
  }
}

/** An account that never earned anything asks for a place. */
export class NothingEarnedError extends AppError {
  override readonly name = 'coordinator.NothingEarned'
  constructor() {
    super(
      'input',
      'This account has not earned anything here yet: a place comes with the first unit that is confirmed.',
    )
  }
}
