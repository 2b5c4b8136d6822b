// Accounts: what a key has, what is held in escrow for its jobs, what it earned. Every change has its entry in the log,
// appended in the same transaction by whoever calls these. What is earned passes through pending.ts.
import type { PublicKey } from '#core/ed25519.ts'
import type { AccountBalance } from '#ledger/balance.ts'
import { assertOneChanged } from './changed-row.ts'
import type { Db } from './schema.ts'

/** An account by its key. */
export type Account = AccountBalance & { readonly account: PublicKey }

const NOTHING: AccountBalance = { balance: 0n, escrowed: 0n, pending: 0n, earned: 0n, burned: 0n, granted: 0n }

/** The account of `key`; one that was never seen has zeros. */
export async function readAccount(db: Db, key: PublicKey): Promise<Account> {
  const row = await db.selectFrom('accounts').selectAll().where('account', '=', key).executeTakeFirst()
  const { balance, escrowed, pending, earned, burned, granted } = row ?? NOTHING
  return { account: key, balance, escrowed, pending, earned, burned, granted }
}

/** Credits a grant to `key`. False, and nothing changes, when it already had one. */
export async function grantOnce(tx: Db, key: PublicKey, amount: bigint, nowMs: number): Promise<boolean> {
  await ensureAccount(tx, key, nowMs)
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set((eb) => ({ balance: eb('balance', '+', amount), granted: amount }))
    .where('account', '=', key)
    .where('granted', '=', 0n)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Everything ever granted. */
export async function totalGranted(db: Db): Promise<bigint> {
  const { total } = await db
    .selectFrom('accounts')
    .select((eb) => eb.fn.sum<bigint | null>('granted').as('total'))
    .executeTakeFirstOrThrow()
  return total ?? 0n
}

/** Moves `amount` from the balance to escrow. False, and nothing changes, when the balance is too small. */
export async function escrow(tx: Db, key: PublicKey, amount: bigint): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set((eb) => ({ balance: eb('balance', '-', amount), escrowed: eb('escrowed', '+', amount) }))
    .where('account', '=', key)
    .where('balance', '>=', amount)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Gives `amount` of the escrow back to `key`. */
export async function refund(tx: Db, key: PublicKey, amount: bigint): Promise<void> {
  const updated = await tx
    .updateTable('accounts')
    .set((eb) => ({ balance: eb('balance', '+', amount), escrowed: eb('escrowed', '-', amount) }))
    .where('account', '=', key)
    .executeTakeFirstOrThrow()
  assertOneChanged(updated, `the account ${key}`)
}

/** Takes `amount` out of the escrow of `key`: what is paid to others. */
export async function spend(tx: Db, key: PublicKey, amount: bigint): Promise<void> {
  const updated = await tx
    .updateTable('accounts')
    .set((eb) => ({ escrowed: eb('escrowed', '-', amount) }))
    .where('account', '=', key)
    .executeTakeFirstOrThrow()
  assertOneChanged(updated, `the account ${key}`)
}

/** Makes the account of `key` if there is none. */
export async function ensureAccount(tx: Db, key: PublicKey, nowMs: number): Promise<void> {
  await tx
    .insertInto('accounts')
    .values({ account: key, ...NOTHING, opened_ms: nowMs })
    .onConflict((conflict) => conflict.column('account').doNothing())
    .execute()
}
