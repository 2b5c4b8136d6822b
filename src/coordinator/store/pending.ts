// Earnings that have not matured, by node, account and epoch, and what of them nodes lost. The same rules as ledger/balance.ts, row by
// row: whoever calls these appends the entry in the same transaction.
import type { PublicKey } from '#core/ed25519.ts'
import type { Earning } from '#ledger/pending.ts'
import { ensureAccount } from './accounts.ts'
import type { Db } from './schema.ts'

/** The log's latest tick; epoch 0 before the first. */
export async function readEpoch(db: Db): Promise<{ readonly epoch: number; readonly holdback: number }> {
  const row = await db.selectFrom('ledger_epoch').selectAll().where('id', '=', 0).executeTakeFirstOrThrow()
  return { epoch: Number(row.epoch), holdback: row.holdback }
}

/** Begins `epoch`; what was earned `holdback` epochs before or earlier becomes balance. */
export async function beginEpoch(tx: Db, epoch: number, holdback: number): Promise<void> {
  await tx.updateTable('ledger_epoch').set({ epoch, holdback }).where('id', '=', 0).execute()
  const rows = await tx
    .deleteFrom('pending')
    .where('epoch', '<=', BigInt(epoch - holdback))
    .returningAll()
    .execute()
  for (const { account, amount } of rows)
    await tx
      .updateTable('accounts')
      .set((eb) => ({ pending: eb('pending', '-', amount), balance: eb('balance', '+', amount) }))
      .where('account', '=', account)
      .execute()
}

/** Credits what a node earned in `epoch` as pending, or burns it when the node forfeited in that epoch. */
export async function earn(tx: Db, { node, account, amount }: Earning, epoch: number, nowMs: number): Promise<void> {
  await ensureAccount(tx, account, nowMs)
  const known = await tx.selectFrom('nodes').select('forfeited_epoch').where('node', '=', node).executeTakeFirst()
  const isLost = known?.forfeited_epoch === BigInt(epoch)
  await tx
    .updateTable('accounts')
    .set((eb) => ({
      earned: eb('earned', '+', amount),
      ...(isLost ? { burned: eb('burned', '+', amount) } : { pending: eb('pending', '+', amount) }),
    }))
    .where('account', '=', account)
    .execute()
  if (isLost) return
  await tx
    .insertInto('pending')
    .values({ node, account, epoch, amount })
    .onConflict((conflict) =>
      conflict
        .columns(['node', 'account', 'epoch'])
        .doUpdateSet((eb) => ({ amount: eb('pending.amount', '+', eb.ref('excluded.amount')) })),
    )
    .execute()
}

/** Burns everything that `node` has pending, and what it will earn in `epoch`; returns how much there was. */
export async function forfeit(tx: Db, node: PublicKey, epoch: number): Promise<bigint> {
  const rows = await tx.deleteFrom('pending').where('node', '=', node).returningAll().execute()
  for (const { account, amount } of rows)
    await tx
      .updateTable('accounts')
      .set((eb) => ({ pending: eb('pending', '-', amount), burned: eb('burned', '+', amount) }))
      .where('account', '=', account)
      .execute()
  await tx.updateTable('nodes').set({ forfeited_epoch: epoch }).where('node', '=', node).execute()
  return rows.reduce((sum, { amount }) => sum + amount, 0n)
}

/** What `node` has pending: its stake, which a deliberate fault would cost. */
export async function stakeOf(db: Db, node: PublicKey): Promise<bigint> {
  return (await stakesOf(db, [node])).get(node) ?? 0n
}

/** What `nodes` have pending; those with nothing are left out. */
export async function stakesOf(db: Db, nodes: readonly PublicKey[]): Promise<ReadonlyMap<PublicKey, bigint>> {
  if (nodes.length === 0) return new Map()
  const rows = await db
    .selectFrom('pending')
    .select((eb) => ['node', eb.fn.sum<bigint>('amount').as('stake')] as const)
    .where('node', 'in', nodes)
    .groupBy('node')
    .execute()
  return new Map(rows.map(({ node, stake }) => [node as PublicKey, stake]))
}

/** Everything pending. */
export async function totalPending(db: Db): Promise<bigint> {
  const { total } = await db
    .selectFrom('pending')
    .select((eb) => eb.fn.sum<bigint | null>('amount').as('total'))
    .executeTakeFirstOrThrow()
  return total ?? 0n
}
