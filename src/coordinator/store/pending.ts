// Earnings that have not matured, by node, account and epoch, and what of them nodes lost. The same rules as ledger/balance.ts, row by
// row: whoever calls these appends the entry in the same transaction.
import type { PublicKey } from '#core/ed25519.ts'
import { type ReceiptEntry, paidTo } from '#ledger/entry.ts'
import { type Earning, clearDoubt } from '#ledger/pending.ts'
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

/** Credits what a receipt says that nodes earned in `epoch`, and clears what its audit stands behind: the rule of the ledger. */
export async function creditReceipt(tx: Db, receipt: ReceiptEntry, epoch: number, nowMs: number): Promise<void> {
  const { payments, audited } = receipt
  for (const { node, account, amount } of payments)
    await earn(tx, { node, account, amount: BigInt(amount) }, { epoch, isAudited: audited.includes(node), nowMs })
  for (const node of audited) await clear(tx, node, paidTo(receipt, node))
}

/** Credits what a node earned as pending, or burns it when the node forfeited in that epoch. */
async function earn(
  tx: Db,
  { node, account, amount }: Earning,
  { epoch, isAudited, nowMs }: { readonly epoch: number; readonly isAudited: boolean; readonly nowMs: number },
): Promise<void> {
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
    .values({ node, account, epoch, amount, doubtful: isAudited ? 0n : amount })
    .onConflict((conflict) =>
      conflict.columns(['node', 'account', 'epoch']).doUpdateSet((eb) => ({
        amount: eb('pending.amount', '+', eb.ref('excluded.amount')),
        doubtful: eb('pending.doubtful', '+', eb.ref('excluded.doubtful')),
      })),
    )
    .execute()
}

/** An audit found a result of `node` valid that earned `worth`. */
async function clear(tx: Db, node: PublicKey, worth: bigint): Promise<void> {
  const rows = await tx.selectFrom('pending').selectAll().where('node', '=', node).where('doubtful', '>', 0n).execute()
  const known = rows.map(({ account, epoch, doubtful }) => ({
    account: account as PublicKey,
    epoch: Number(epoch),
    doubtful,
  }))
  for (const { account, epoch, doubtful } of clearDoubt(known, worth))
    await tx
      .updateTable('pending')
      .set({ doubtful })
      .where('node', '=', node)
      .where('account', '=', account)
      .where('epoch', '=', BigInt(epoch))
      .execute()
}

/** Burns everything that `node` has pending, and what it will earn in `epoch`; returns how much there was. */
export async function forfeit(tx: Db, node: PublicKey, epoch: number): Promise<bigint> {
  const rows = await tx.deleteFrom('pending').where('node', '=', node).returningAll().execute()
  await tx.updateTable('nodes').set({ forfeited_epoch: epoch }).where('node', '=', node).execute()
  return burn(tx, rows)
}

/** Burns what `node` has pending and no audit stands behind; returns how much there was. */
export async function forfeitDoubtful(tx: Db, node: PublicKey): Promise<bigint> {
  const rows = await tx.selectFrom('pending').selectAll().where('node', '=', node).where('doubtful', '>', 0n).execute()
  await tx
    .updateTable('pending')
    .set((eb) => ({ amount: eb('amount', '-', eb.ref('doubtful')), doubtful: 0n }))
    .where('node', '=', node)
    .execute()
  return burn(
    tx,
    rows.map(({ account, doubtful }) => ({ account, amount: doubtful })),
  )
}

async function burn(tx: Db, lost: readonly { readonly account: string; readonly amount: bigint }[]): Promise<bigint> {
  for (const { account, amount } of lost)
    await tx
      .updateTable('accounts')
      .set((eb) => ({ pending: eb('pending', '-', amount), burned: eb('burned', '+', amount) }))
      .where('account', '=', account)
      .execute()
  return lost.reduce((sum, { amount }) => sum + amount, 0n)
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

/** What of it no audit stands behind, which a first wrong part would cost. */
export async function doubtfulOf(db: Db, node: PublicKey): Promise<bigint> {
  const { doubt } = await db
    .selectFrom('pending')
    .select((eb) => eb.fn.sum<bigint | null>('doubtful').as('doubt'))
    .where('node', '=', node)
    .executeTakeFirstOrThrow()
  return doubt ?? 0n
}

/** Everything pending. */
export async function totalPending(db: Db): Promise<bigint> {
  const { total } = await db
    .selectFrom('pending')
    .select((eb) => eb.fn.sum<bigint | null>('amount').as('total'))
    .executeTakeFirstOrThrow()
  return total ?? 0n
}
