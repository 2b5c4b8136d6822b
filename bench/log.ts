// Appending to the transparency log on PGlite: batches of entries against single ones, and against inserting the same rows without a log.
import { systemClock } from '#core/clock.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { systemRandom } from '#core/random.ts'
import { TransparencyLog } from '#coordinator/log/transparency-log.ts'
import { insertLogEntries, readLogEntries } from '#coordinator/store/log.ts'
import { type Store, openStore } from '#coordinator/store/store.ts'
import { type LogEntry, encodeEntry } from '#ledger/entry.ts'
import { networkId } from '#ledger/genesis.ts'
import type { Bench } from './lib/bench.ts'

const BATCH = 1_000
const BATCHES = 20
const SINGLES = 300

/** Appends a second. The roots are held against the plain tree over all entries, which knows nothing of tiles. */
export const bench: Bench = {
  summary: `Receipts appended to the log on PGlite in memory, ${BATCH} a transaction and one a transaction; ratio to bare inserts of the same rows.`,
  async run() {
    const batches = Array.from({ length: 1 + BATCHES }, (_, batch) => receipts(batch * BATCH, BATCH))
    const [first = [], ...rest] = batches
    const bareStore = await openStore()
    await bareInsert(bareStore, 0, first)
    const bare = await timed(BATCH * BATCHES, async () => {
      for (const [at, batch] of rest.entries()) await bareInsert(bareStore, (1 + at) * BATCH, batch)
    })
    await bareStore.close()
    const log = await openLog()
    await append(log.log, first)
    const inBatches = await timed(BATCH * BATCHES, async () => {
      for (const batch of rest) await append(log.log, batch)
    })
    const singles = receipts(0, SINGLES)
    const inSingles = await timed(SINGLES, async () => {
      for (const single of singles) await append(log.log, [single])
    })
    await checkRoot(log)
    await log.close()
    const adapter = `PGlite, Node ${process.version}`
    const unit = 'appends/s'
    const peer = `bare inserts: ${bare.toFixed(0)}/s`
    return [
      { name: `appends, ${BATCH} a transaction`, value: inBatches, unit, peer, ratio: inBatches / bare, adapter },
      { name: 'appends, one a transaction', value: inSingles, unit, peer, ratio: inSingles / bare, adapter },
    ]
  },
}

async function openLog() {
  const store = await openStore()
  const signer = signerFromSecret(systemRandom.bytes(32))
  const genesis = { name: 'bench', coordinator: signer.publicKey, nonce: digestOf('bench', 'nonce') }
  const parts = { store, signer, network: networkId(genesis), clock: systemClock, report: rethrow }
  const log = await TransparencyLog.open(parts, { type: 'genesis', genesis })
  const close = async () => {
    await log.close()
    await store.close()
  }
  return { log, store, close }
}

async function append(log: TransparencyLog, entries: readonly LogEntry[]): Promise<void> {
  await log.transaction(async (_, add) => {
    for (const entry of entries) await add(entry)
  })
}

async function bareInsert(store: Store, from: number, entries: readonly LogEntry[]): Promise<void> {
  const bytes = entries.map((entry) => encodeEntry(entry))
  await store.transaction((tx) => insertLogEntries(tx, from, bytes, 0))
}

async function checkRoot({ log, store }: Awaited<ReturnType<typeof openLog>>): Promise<void> {
  const rows = await readLogEntries(store.db, 0, BATCH * (BATCHES + 1) + SINGLES + 1)
  const root = merkleRoot(rows.map(({ entry }) => leafDigest(entry)))
  const { checkpoint } = log
  if (rows.length !== checkpoint.size || root !== checkpoint.root)
    throw new Error(`The log's root is not that of its ${rows.length} entries.`)
}

function receipts(from: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const [unit, certificate] = [digestOf('bench-unit', from + i), digestOf('bench-certificate', from + i)]
    return { type: 'receipt', admissionLeaf: from + i, unit, certificate, payments: [], audited: [] }
  })
}

async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return (count / (performance.now() - startMs)) * 1_000
}

function rethrow(error: unknown): never {
  throw error
}
