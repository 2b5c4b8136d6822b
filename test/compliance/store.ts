// What any store of a coordinator must do. `open` gives a store, `reopen` the same one after its process would have ended.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { escrow, grantOnce, readAccount, refund, spend, totalGranted } from '#coordinator/store/accounts.ts'
import { beatsOf, deleteBeatsBefore, latestBeat, upsertBeat } from '#coordinator/store/beats.ts'
import { insertReceipt, receiptIndexes, receiptsOf } from '#coordinator/store/certificates.ts'
import {
  completeContent,
  deleteUnusedContent,
  insertContent,
  totalContentBytes,
  touchContents,
  unusedContents,
  uploadMs,
} from '#coordinator/store/contents.ts'
import { countRunning, expiredJobs, failJob, finishJob, insertJob, readJob } from '#coordinator/store/jobs.ts'
import { insertLogEntries, lockLogSize, readLogEntries, readLogSize, writeLogSize } from '#coordinator/store/log.ts'
import { banNode, countUnitDone, readNode, upsertNode } from '#coordinator/store/nodes.ts'
import {
  beginEpoch,
  creditReceipt,
  doubtfulOf,
  forfeit,
  forfeitDoubtful,
  readEpoch,
  stakeOf,
  stakesOf,
} from '#coordinator/store/pending.ts'
import type { Db } from '#coordinator/store/schema.ts'
import { countSiteUnit, siteDays } from '#coordinator/store/sites.ts'
import type { Store } from '#coordinator/store/store.ts'
import {
  beginAttempt,
  countFailure,
  countUnits,
  finishRepeatedUnit,
  finishUnit,
  insertUnits,
  pendingUnits,
  readUnit,
  releaseUnit,
  renewAttempt,
  voidLeases,
} from '#coordinator/store/units.ts'
import { type ReceiptEntry, encodeEntry } from '#ledger/entry.ts'
import type { Job } from '#work/job.ts'

/** A way to make stores. */
export type StoreFactory = {
  readonly name: string
  open(): Promise<Store>
  /** Opens what `open` gave last again, after closing it; absent where nothing lasts. */
  reopen?(): Promise<Store>
  cleanUp(): Promise<void>
}

const STAGES = { upload: 1, lease: 2, inputs: 3, compute: 4, commit: 5, reveal: 6, assemble: 7 }
const OPEN_TIMEOUT_MS = 120_000

/** Tests a kind of store. */
export function describeStore(factory: StoreFactory): void {
  describe(`store: ${factory.name}`, () => {
    const random = seededRandom(`store ${factory.name}`)
    const newId = () => toHex(random.bytes(32)) as Digest
    const newKey = (): PublicKey => signerFromSecret(random.bytes(32)).publicKey
    let store: Store
    beforeAll(async () => {
      store = await factory.open()
    }, OPEN_TIMEOUT_MS)
    afterAll(async () => {
      await store.close()
      await factory.cleanUp()
    })

    /** A running job with `count` pending units. */
    async function newJob(count = 1, submittedMs = 1000, account = newKey()): Promise<Digest> {
      const id = newId()
      const job = { signer: account, body: { replication: 2 } } as unknown as Job
      const units = Array.from({ length: count }, (_, n) => ({
        id: newId(),
        unit: { kind: 'matmul', version: 1, inputs: [], params: { n } },
        operations: 2n ** 80n + BigInt(n),
      }))
      await store.transaction(async (tx) => {
        const deadlineMs = submittedMs + 500
        await insertJob(tx, { id, account, job, admissionLeaf: 7, salt: newId(), price: 10n, submittedMs, deadlineMs })
        await insertUnits(tx, id, units)
      })
      return id
    }

    const paid = (node: PublicKey, account: PublicKey, amount: bigint): ReceiptEntry => ({
      type: 'receipt',
      admissionLeaf: 0,
      unit: newId(),
      certificate: newId(),
      payments: [{ node, account, amount: amount.toString() }],
      audited: [],
    })

    const result = () => ({ id: newId(), layout: { form: 'blob', sizeBytes: 0 } }) as const

    test('behaviour: amounts past 64 bits and integers past 2^53 come back as they were', async () => {
      const key = newKey()
      await grantOnce(store.db, key, 10n ** 30n - 1n, Number.MAX_SAFE_INTEGER)
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 10n ** 30n - 1n, granted: 10n ** 30n - 1n })
      const [unit] = await pendingUnits(store.db, 1, [])
      expect(unit).toBeUndefined()
      const job = await newJob()
      expect(await readUnit(store.db, job, 0)).toMatchObject({ operations: 2n ** 80n })
      await failJob(store.db, job, { name: 'x', kind: 'input', message: 'y' }, 1)
    })

    test('behaviour: a grant is given once, an unknown account has zeros', async () => {
      const key = newKey()
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 0n, escrowed: 0n, earned: 0n, granted: 0n })
      const before = await totalGranted(store.db)
      expect(await grantOnce(store.db, key, 5n, 1)).toBe(true)
      expect(await grantOnce(store.db, key, 5n, 2)).toBe(false)
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 5n })
      expect(await totalGranted(store.db)).toBe(before + 5n)
    })

    test('limit: escrow of the whole balance accepted, of one more refused', async () => {
      const key = newKey()
      await grantOnce(store.db, key, 100n, 1)
      expect(await escrow(store.db, key, 101n)).toBe(false)
      expect(await escrow(store.db, key, 100n)).toBe(true)
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 0n, escrowed: 100n })
    })

    test('behaviour: escrow is spent or refunded, never both', async () => {
      const [requester, payee] = [newKey(), newKey()]
      await grantOnce(store.db, requester, 100n, 1)
      await escrow(store.db, requester, 60n)
      await store.transaction(async (tx) => {
        await spend(tx, requester, 40n)
        await creditReceipt(tx, paid(payee, payee, 40n), 1, 2)
      })
      await refund(store.db, requester, 20n)
      expect(await readAccount(store.db, requester)).toMatchObject({ balance: 60n, escrowed: 0n })
      expect(await readAccount(store.db, payee)).toMatchObject({ balance: 0n, pending: 40n, earned: 40n })
      await expect(refund(store.db, requester, 1n)).rejects.toThrow('check constraint')
    })

    test('behaviour: earnings mature by epoch, are stake until then, and are forfeit by node', async () => {
      const [honest, liar, payee] = [newKey(), newKey(), newKey()]
      for (const node of [honest, liar])
        await upsertNode(store.db, { node, payee, tier: 0, backend: 'cpu', adapter: 'a', ratedMops: 1, seenMs: 1 })
      await creditReceipt(store.db, paid(honest, payee, 3n), 100, 1)
      await creditReceipt(store.db, paid(honest, payee, 4n), 100, 1)
      await creditReceipt(store.db, paid(liar, payee, 5n), 101, 1)
      expect(await stakesOf(store.db, [honest, liar, payee])).toEqual(
        new Map([
          [honest, 7n],
          [liar, 5n],
        ]),
      )
      await beginEpoch(store.db, 109, 10)
      expect(await readAccount(store.db, payee)).toMatchObject({ balance: 0n, pending: 12n })
      await beginEpoch(store.db, 110, 10)
      expect(await readEpoch(store.db)).toEqual({ epoch: 110, holdback: 10 })
      expect(await readAccount(store.db, payee)).toMatchObject({ balance: 7n, pending: 5n })
      expect(await forfeit(store.db, liar, 110)).toBe(5n)
      await creditReceipt(store.db, paid(liar, payee, 1n), 110, 1)
      await creditReceipt(store.db, paid(liar, payee, 2n), 111, 1)
      const books = { balance: 7n, pending: 2n, burned: 6n, earned: 15n }
      expect(await readAccount(store.db, payee)).toMatchObject(books)
      expect(await stakeOf(store.db, liar)).toBe(2n)
      expect(await stakeOf(store.db, honest)).toBe(0n)
    })

    test('behaviour: what no audit stands behind is forfeit alone, row by row', async () => {
      const [node, other, payee, second] = [newKey(), newKey(), newKey(), newKey()]
      for (const key of [node, other])
        await upsertNode(store.db, { node: key, payee, tier: 0, backend: 'cpu', adapter: 'a', ratedMops: 1, seenMs: 1 })
      await creditReceipt(store.db, paid(node, payee, 10n), 200, 1)
      await creditReceipt(store.db, paid(node, second, 6n), 201, 1)
      await creditReceipt(store.db, paid(other, payee, 3n), 201, 1)
      // A third of 16 is cleared, rounded up, the oldest first: 4 and 6 are left.
      await creditReceipt(store.db, { ...paid(node, payee, 1n), audited: [node] }, 201, 1)
      expect([await stakeOf(store.db, node), await doubtfulOf(store.db, node)]).toEqual([17n, 10n])
      expect(await forfeitDoubtful(store.db, node)).toBe(10n)
      expect([await stakeOf(store.db, node), await doubtfulOf(store.db, node)]).toEqual([7n, 0n])
      expect(await readAccount(store.db, payee)).toMatchObject({ pending: 10n, burned: 4n })
      expect(await readAccount(store.db, second)).toMatchObject({ pending: 0n, burned: 6n })
      expect(await doubtfulOf(store.db, other)).toBe(3n)
      await creditReceipt(store.db, paid(node, payee, 5n), 201, 1)
      expect([await stakeOf(store.db, node), await doubtfulOf(store.db, node)]).toEqual([12n, 5n])
    })

    test('behaviour: a transaction that throws leaves nothing', async () => {
      const key = newKey()
      const failing = store.transaction(async (tx) => {
        await grantOnce(tx, key, 5n, 1)
        throw new RangeError('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 0n })
    })

    test('behaviour: transactions at the same time do not mix', async () => {
      const key = newKey()
      await grantOnce(store.db, key, 10n, 1)
      const attempts = await Promise.all(
        Array.from({ length: 15 }, () => store.transaction((tx) => escrow(tx, key, 1n))),
      )
      expect(attempts.filter(Boolean)).toHaveLength(10)
      expect(await readAccount(store.db, key)).toMatchObject({ balance: 0n, escrowed: 10n })
    })

    test('behaviour: a job ends once', async () => {
      const account = newKey()
      const job = await newJob(2, 1000, account)
      expect(await readJob(store.db, job)).toMatchObject({
        state: 'running',
        escrowed: 10n,
        result: null,
        stages: null,
      })
      expect(await countRunning(store.db, account)).toBe(1)
      expect(await expiredJobs(store.db, 1499)).toEqual([])
      expect(await expiredJobs(store.db, 1500)).toEqual([{ id: job, deadlineMs: 500 }])
      const content = result()
      await finishJob(store.db, job, content, STAGES, 9)
      expect(await readJob(store.db, job)).toMatchObject({
        state: 'done',
        result: content,
        stages: STAGES,
        finishedMs: 9,
      })
      expect(await failJob(store.db, job, { name: 'x', kind: 'bug', message: 'z' }, 10)).toBe(false)
      await expect(finishJob(store.db, job, content, STAGES, 11)).rejects.toThrow('changed 0 rows')
    })

    test('behaviour: units are queued by the age of their job, in order, without skipped jobs', async () => {
      const young = await newJob(2, 2000)
      const old = await newJob(2, 1500)
      const queue = async (skipped: Digest[] = [], limit = 10) =>
        (await pendingUnits(store.db, limit, skipped)).map(({ job, number }) => [job, number])
      expect(await queue()).toEqual([
        [old, 0],
        [old, 1],
        [young, 0],
        [young, 1],
      ])
      expect(await queue([old])).toEqual([
        [young, 0],
        [young, 1],
      ])
      expect(await queue([], 1)).toEqual([[old, 0]])
      for (const job of [young, old]) await failJob(store.db, job, { name: 'x', kind: 'input', message: 'y' }, 1)
      expect(await queue()).toEqual([])
    })

    test('behaviour: a unit is leased to one attempt, renewed, released, and settles once', async () => {
      const job = await newJob()
      const begun = await Promise.all([1, 2, 3].map(() => store.transaction((tx) => beginAttempt(tx, job, 0))))
      expect(begun.filter((attempt) => attempt !== null)).toEqual([1])
      expect(await renewAttempt(store.db, job, 0)).toBe(2)
      expect(await countFailure(store.db, job, 0)).toBe(1)
      await releaseUnit(store.db, job, 0)
      expect(await renewAttempt(store.db, job, 0)).toBe(null)
      const [leaf, certificate] = [newId(), newId()]
      expect(await finishUnit(store.db, job, 0, certificate, [leaf])).toBe(false)
      expect(await beginAttempt(store.db, job, 0)).toBe(3)
      expect(await finishUnit(store.db, job, 0, certificate, [leaf])).toBe(true)
      expect(await finishUnit(store.db, job, 0, certificate, [leaf])).toBe(false)
      expect(await readUnit(store.db, job, 0)).toMatchObject({ state: 'done', attempt: 3, failures: 1, leaves: [leaf] })
      expect(await countUnits(store.db, job)).toEqual({ total: 1, done: 1 })
    })

    test('behaviour: many units go in and void leases come back', async () => {
      const job = await newJob(1201)
      expect(await countUnits(store.db, job)).toEqual({ total: 1201, done: 0 })
      for (const number of [0, 1200]) await beginAttempt(store.db, job, number)
      expect(await voidLeases(store.db)).toBe(2)
      expect(await readUnit(store.db, job, 1200)).toMatchObject({ state: 'pending', attempt: 1, failures: 0 })
      await failJob(store.db, job, { name: 'x', kind: 'input', message: 'y' }, 1)
    })

    test('behaviour: log indexes have no gaps, whatever fails or runs at the same time', async () => {
      const size = await readLogSize(store.db)
      const append = async (tx: Db) => {
        const index = await lockLogSize(tx)
        const entry = { type: 'grant', account: newKey(), amount: '1' } as const
        await insertLogEntries(tx, index, [encodeEntry(entry)], 5)
        await writeLogSize(tx, index + 1)
        return index
      }
      const outcomes = await Promise.allSettled(
        Array.from({ length: 9 }, (_, n) =>
          store.transaction(async (tx) => {
            const index = await append(tx)
            if (n % 3 === 1) throw new RangeError('no')
            return index
          }),
        ),
      )
      const indexes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(indexes.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5].map((n) => size + n))
      const rows = await readLogEntries(store.db, size + 1, 3)
      expect(rows.map(({ index }) => index)).toEqual([size + 1, size + 2, size + 3])
      expect(rows[0]?.entry).toBeInstanceOf(Uint8Array)
    })

    test('behaviour: receipts are listed after an index and unique by leaf and account', async () => {
      const [account, job] = [newKey(), await newJob(2)]
      const receipt = (logIndex: number) => ({
        logIndex,
        account,
        job,
        unit: newId(),
        certificate: newId(),
        amount: 3n,
        reason: 'two nodes agreed',
        atMs: 4,
      })
      const [first, second] = [receipt(3), receipt(5)]
      await insertReceipt(store.db, first)
      await insertReceipt(store.db, second)
      await expect(insertReceipt(store.db, receipt(5))).rejects.toThrow('unique')
      expect(await receiptsOf(store.db, account, -1)).toEqual([first, second])
      expect(await receiptsOf(store.db, account, 3)).toEqual([second])
      // The receipts of a job are those that its units' certificates name, whatever job they were given for.
      expect(await receiptIndexes(store.db, job)).toEqual(new Map())
      const other = await newJob(1)
      const finish = async (own: Digest, number: number, { certificate }: { certificate: Digest }) => {
        const done = await finishRepeatedUnit(store.db, { job: own, number }, { certificate, leaves: [] })
        expect(done).toBe(true)
      }
      await finish(job, 0, first)
      await finish(job, 1, second)
      await finish(other, 0, first)
      expect(await receiptIndexes(store.db, job)).toEqual(
        new Map([
          [first.certificate, 3],
          [second.certificate, 5],
        ]),
      )
      expect(await receiptIndexes(store.db, other)).toEqual(new Map([[first.certificate, 3]]))
      expect(await finishRepeatedUnit(store.db, { job, number: 0 }, { certificate: newId(), leaves: [] })).toBe(false)
    })

    test('behaviour: what sites earn is summed by day, and found by account and by site', async () => {
      const [account, other] = [newKey(), newKey()]
      const [site, second] = [`https://${account.slice(0, 8)}.example`, `https://${other.slice(0, 8)}.example`]
      const day = { site, account, day: 100, units: 1, amount: 7n }
      for (const each of [
        day,
        day,
        { ...day, day: 101 },
        { ...day, site: second },
        { ...day, account: other, amount: 3n },
      ])
        await countSiteUnit(store.db, each)
      expect(await siteDays(store.db, { account }, 100)).toEqual(
        [
          { ...day, day: 101 },
          { ...day, units: 2, amount: 14n },
          { ...day, site: second },
        ].toSorted((a, b) => b.day - a.day || (a.site < b.site ? -1 : 1)),
      )
      expect(await siteDays(store.db, { site }, 101)).toEqual([{ ...day, day: 101 }])
      expect(await siteDays(store.db, { site: second }, 0)).toEqual([{ ...day, site: second }])
      expect(await siteDays(store.db, { site: 'https://elsewhere.example' }, 0)).toEqual([])
    })

    test('behaviour: a node that says hello again keeps its record', async () => {
      const node = newKey()
      const hello = { node, payee: node, tier: 0, backend: 'cpu', adapter: 'a', ratedMops: 10_000_000_000, seenMs: 1 }
      await upsertNode(store.db, hello)
      await countUnitDone(store.db, node)
      await banNode(store.db, node, 99)
      await upsertNode(store.db, { ...hello, tier: 2, seenMs: 5 })
      expect(await readNode(store.db, node)).toEqual({
        ...hello,
        tier: 2,
        seenMs: 5,
        unitsDone: 1,
        faults: 1,
        bannedUntilMs: 99,
      })
    })

    test('behaviour: the last beat of a slot stays, with the witness that it had', async () => {
      const node = newKey()
      const beat = (slot: number, state: 'idle' | 'working') =>
        ({ signer: node, body: { slot, state } }) as Parameters<typeof upsertBeat>[1]
      const witness = { body: { slot: 1 } } as Parameters<typeof upsertBeat>[2]
      await upsertBeat(store.db, beat(1, 'idle'), witness)
      await upsertBeat(store.db, beat(1, 'working'), null)
      await upsertBeat(store.db, beat(2, 'idle'), null)
      expect(await beatsOf(store.db, node, 0)).toEqual([
        { slot: 1, state: 'working', isWitnessed: true },
        { slot: 2, state: 'idle', isWitnessed: false },
      ])
      expect((await latestBeat(store.db, node))?.body.slot).toBe(2)
      await deleteBeatsBefore(store.db, 2)
      expect(await beatsOf(store.db, node, 0)).toHaveLength(1)
    })

    test('behaviour: contents are counted once and their upload is timed', async () => {
      const before = await totalContentBytes(store.db)
      const [a, b] = [newId(), newId()]
      for (const nowMs of [10, 20]) await insertContent(store.db, a, 2 ** 34, nowMs)
      await insertContent(store.db, b, 1, 30)
      for (const nowMs of [70, 90]) await completeContent(store.db, a, nowMs)
      expect(await totalContentBytes(store.db)).toBe(before + 2 ** 34 + 1)
      expect(await uploadMs(store.db, [a, b])).toBe(60)
      expect(await uploadMs(store.db, [])).toBe(0)
      expect(await unusedContents(store.db, 31, 10)).toEqual([a, b])
      expect(await touchContents(store.db, [a, newId()], 100)).toBe(1)
      expect(await unusedContents(store.db, 100, 10)).toEqual([b])
      expect(await deleteUnusedContent(store.db, a, 100)).toBe(false)
      expect(await deleteUnusedContent(store.db, b, 100)).toBe(true)
      expect(await totalContentBytes(store.db)).toBe(before + 2 ** 34)
    })

    test.skipIf(factory.reopen === undefined)(
      'behaviour: what was committed is there after opening again',
      async () => {
        const key = newKey()
        await grantOnce(store.db, key, 77n, 1)
        const job = await newJob()
        await beginAttempt(store.db, job, 0)
        await store.close()
        store = (await factory.reopen?.()) ?? store
        expect(await readAccount(store.db, key)).toMatchObject({ balance: 77n })
        expect(await readUnit(store.db, job, 0)).toMatchObject({ state: 'leased', attempt: 1 })
      },
      OPEN_TIMEOUT_MS,
    )
  })
}
