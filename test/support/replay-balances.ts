// The coordinator's books against a replay of its log.
import { decodeCbor } from '#core/cbor.ts'
import { parseAs } from '#core/schema.ts'
import { readAccount } from '#coordinator/store/accounts.ts'
import { readLogEntries } from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'
import { replay } from '#ledger/balance.ts'
import { logEntrySchema } from '#ledger/entry.ts'

/** Accounts whose books differ from the log's replay; empty when all is well. Throws LedgerRuleError on a log that breaks a rule. */
export async function balanceDrift(db: Db): Promise<string[]> {
  const rows = await readLogEntries(db, 0, 1_000_000)
  const ledger = replay(rows.map(({ entry }) => parseAs(logEntrySchema, decodeCbor(entry), 'log entry')))
  const drift: string[] = []
  for (const account of ledger.accounts()) {
    const { account: _, ...kept } = await readAccount(db, account)
    const expected = ledger.balanceOf(account)
    const isSame = (Object.keys(expected) as (keyof typeof expected)[]).every((key) => kept[key] === expected[key])
    if (!isSame) drift.push(account)
  }
  return drift
}
