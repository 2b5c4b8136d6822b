// Balances from the log alone, but for who requested a job, which the log hides: what the accounts must agree with.
import { decodeCbor } from '#core/cbor.ts'
import { parseAs } from '#core/schema.ts'
import { readAccount } from '#coordinator/store/accounts.ts'
import { readLogEntries } from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { logEntrySchema } from '#ledger/entry.ts'

type Sums = { balance: bigint; escrowed: bigint; earned: bigint }

/** Replays the log and compares with every account; the differences, empty when all is well. */
export async function balanceDrift(db: Db): Promise<string[]> {
  const requesters = new Map<number, PublicKey>()
  for (const row of await db.selectFrom('jobs').select(['admission_leaf', 'account']).execute())
    requesters.set(Number(row.admission_leaf), row.account as PublicKey)
  const accounts = new Map<PublicKey, Sums>()
  const sums = (key: PublicKey): Sums => {
    const known = accounts.get(key) ?? { balance: 0n, escrowed: 0n, earned: 0n }
    accounts.set(key, known)
    return known
  }
  const requester = (leaf: number): Sums => {
    const key = requesters.get(leaf)
    if (key === undefined) throw new Error(`No job was admitted by entry ${leaf}.`)
    return sums(key)
  }
  for (const { index, entry: bytes } of await readLogEntries(db, 0, 100_000)) {
    const entry = parseAs(logEntrySchema, decodeCbor(bytes), 'log entry')
    if (entry.type === 'grant') sums(entry.account).balance += BigInt(entry.amount)
    if (entry.type === 'admission') move(requester(index), BigInt(entry.escrow))
    if (entry.type === 'refund') move(requester(entry.admissionLeaf), -BigInt(entry.amount))
    if (entry.type !== 'receipt') continue
    for (const { account, amount } of entry.payments) {
      requester(entry.admissionLeaf).escrowed -= BigInt(amount)
      sums(account).balance += BigInt(amount)
      sums(account).earned += BigInt(amount)
    }
  }
  const drift: string[] = []
  for (const [key, expected] of accounts) {
    const { balance, escrowed, earned } = await readAccount(db, key)
    if (balance !== expected.balance || escrowed !== expected.escrowed || earned !== expected.earned)
      drift.push(`${key}: ${balance}/${escrowed}/${earned}, by the log ${Object.values(expected).join('/')}`)
  }
  return drift
}

function move(sums: Sums, amount: bigint): void {
  sums.balance -= amount
  sums.escrowed += amount
}
