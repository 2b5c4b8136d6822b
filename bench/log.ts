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
    const bareStore = await openStore()
    await bareInserts(bareStore, 0, 1)
    const bare = await timed(BATCH * BATCHES, () => bareInserts(bareStore, 1, BATCHES))
    await bareStore.close()
    const log = await openLog()
    await append(log.log, 0, BATCH)
    const inBatches = await timed(BATCH * BATCHES, async () => {
      for (let batch = 0; batch < BATCHES; batch++) await append(log.log, batch * BATCH, BATCH)
    })
    const inSingles = await timed(SINGLES, async () => {
      for (let at = 0; at < SINGLES; at++) await append(log.log, at, 1)
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

async function append(log: TransparencyLog, from: number, count: number): Promise<void> {
  await log.transaction(async (_, add) => {
    for (let at = 0; at < count; at++) await add(receipt(from + at))
  })
}

async function bareInserts(store: Store, from: number, count: number): Promise<void> {
  for (let batch = from; batch < from + count; batch++) {
    const entries = Array.from({ length: BATCH }, (_, at) => encodeEntry(receipt(batch * BATCH + at)))
    await store.transaction((tx) => insertLogEntries(tx, batch * BATCH, entries, 0))
  }
}

async function checkRoot({ log, store }: Awaited<ReturnType<typeof openLog>>): Promise<void> {
  const rows = await readLogEntries(store.db, 0, BATCH * (BATCHES + 1) + SINGLES + 1)
  const root = merkleRoot(rows.map(({ entry }) => leafDigest(entry)))
  const { checkpoint } = log
  if (rows.length !== checkpoint.size || root !== checkpoint.root)
    throw new Error(`The log's root is not that of its ${rows.length} entries.`)
}

function receipt(at: number): LogEntry {
  const [unit, certificate] = [digestOf('bench-unit', at), digestOf('bench-certificate', at)]
  return { type: 'receipt', admissionLeaf: at, unit, certificate, payments: [] }
}

async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return (count / (performance.now() - startMs)) * 1_000
}

function rethrow(error: unknown): never {
  throw error
}
