// The coordinator's books and a replay of its log are the same after any sequence of grants, escrows, payments, refunds, epochs and
// forfeits; and what was granted is held, in escrow, pending or burned. A real store under the real rules.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { digestOf } from '#core/digest.ts'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { escrow, grantOnce, readAccount, refund, spend } from '#coordinator/store/accounts.ts'
import { upsertNode } from '#coordinator/store/nodes.ts'
import {
  beginEpoch,
  creditReceipt,
  doubtfulOf,
  forfeit,
  forfeitDoubtful,
  readEpoch,
  stakeOf,
} from '#coordinator/store/pending.ts'
import type { Db } from '#coordinator/store/schema.ts'
import type { Store } from '#coordinator/store/store.ts'
import { Ledger, LedgerRuleError } from '#ledger/balance.ts'
import type { LogEntry, ReceiptEntry } from '#ledger/entry.ts'
import { openEmptyStore } from '../support/empty-store.ts'

const HOLDBACK = 3
const random = seededRandom('books')
const keys = (count: number) => Array.from({ length: count }, () => signerFromSecret(random.bytes(32)).publicKey)

type Step =
  | { readonly do: 'grant' | 'admit'; readonly account: number; readonly amount: bigint }
  | {
      readonly do: 'pay'
      readonly job: number
      readonly paid: readonly (readonly [node: number, account: number, amount: bigint])[]
      /** Of three nodes, those whose result was audited. */
      readonly audited: readonly number[]
    }
  | { readonly do: 'refund'; readonly job: number; readonly amount: bigint }
  | { readonly do: 'tick'; readonly epochs: number }
  | {
      readonly do: 'convict'
      readonly node: number
      readonly job: number
      readonly cause: 'equivocation' | 'wrong-part'
    }

const index = fc.nat({ max: 2 })
const amount = fc.bigInt({ min: 0n, max: 60n })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('grant' as const), account: index, amount }),
  fc.record({ do: fc.constant('admit' as const), account: index, amount }),
  fc.record({
    do: fc.constant('pay' as const),
    job: fc.nat({ max: 5 }),
    paid: fc.array(fc.tuple(index, index, fc.bigInt({ min: 0n, max: 12n })), { minLength: 1, maxLength: 3 }),
    audited: fc.subarray([0, 1, 2]),
  }),
  fc.record({ do: fc.constant('refund' as const), job: fc.nat({ max: 5 }), amount }),
  fc.record({ do: fc.constant('tick' as const), epochs: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('convict' as const),
    node: index,
    job: fc.nat({ max: 5 }),
    cause: fc.constantFrom('equivocation' as const, 'wrong-part' as const),
  }),
)

let store: Store
beforeAll(async () => {
  store = await openEmptyStore()
}, 60_000)
afterAll(() => store.close())

/** Both books of one run. A step goes to the ledger first: what that refuses, the coordinator never does. */
class Books {
  readonly ledger = new Ledger()
  readonly accounts = keys(3)
  readonly nodes = keys(3)
  readonly #jobs: { leaf: number; account: PublicKey }[] = []
  readonly #tx: Db
  #units = 0

  constructor(tx: Db) {
    this.#tx = tx
    const [coordinator] = keys(1) as [PublicKey]
    const nonce = digestOf('test', 'nonce')
    this.ledger.apply({ type: 'genesis', genesis: { name: 'test', coordinator, nonce } })
  }

  async open(): Promise<void> {
    for (const node of this.nodes)
      await upsertNode(this.#tx, { node, payee: node, tier: 0, backend: 'cpu', adapter: '', ratedMops: 1, seenMs: 1 })
    await beginEpoch(this.#tx, 0, HOLDBACK)
  }

  async take(one: Step): Promise<void> {
    const tx = this.#tx
    switch (one.do) {
      case 'grant': {
        const account = this.#account(one.account)
        if (this.ledger.balanceOf(account).granted > 0n) return
        await this.#enter({ type: 'grant', account, amount: one.amount.toString() }, async () => {
          await grantOnce(tx, account, one.amount, 1)
        })
        return
      }
      case 'admit': {
        const account = this.#account(one.account)
        const leaf = this.ledger.size
        const entry = {
          type: 'admission',
          job: digestOf('test', leaf),
          account,
          escrow: one.amount.toString(),
        } as const
        await this.#enter(entry, async () => {
          expect(await escrow(tx, account, one.amount)).toBe(
            one.amount > 0n || this.ledger.balanceOf(account).granted > 0n,
          )
          this.#jobs.push({ leaf, account })
        })
        return
      }
      case 'pay':
        return this.#pay(one)
      case 'refund': {
        const job = this.#job(one.job)
        if (job === undefined) return
        await this.#enter({ type: 'refund', admissionLeaf: job.leaf, amount: one.amount.toString() }, async () => {
          if (one.amount > 0n) await refund(tx, job.account, one.amount)
        })
        return
      }
      case 'tick': {
        const { epoch } = await readEpoch(tx)
        const next = epoch + one.epochs
        await this.#enter({ type: 'epoch', epoch: next, holdback: HOLDBACK }, () => beginEpoch(tx, next, HOLDBACK))
        return
      }
      case 'convict':
        return this.#convict(one)
    }
  }

  async check(): Promise<void> {
    let total = 0n
    for (const key of this.accounts) {
      const { account: _, ...kept } = await readAccount(this.#tx, key)
      expect(kept).toEqual(this.ledger.balanceOf(key))
      total += kept.balance + kept.escrowed + kept.pending + kept.burned
    }
    expect(total).toBe(this.ledger.minted)
    for (const node of this.nodes) {
      expect(await stakeOf(this.#tx, node)).toBe(this.ledger.stakeOf(node))
      expect(await doubtfulOf(this.#tx, node)).toBe(this.ledger.doubtfulOf(node))
    }
  }

  async #pay({ job: at, paid, audited }: Extract<Step, { do: 'pay' }>): Promise<void> {
    const job = this.#job(at)
    if (job === undefined) return
    const earnings = paid.map(([node, account, value]) => ({
      node: this.#node(node),
      account: this.#account(account),
      amount: value,
    }))
    const entry: ReceiptEntry = {
      type: 'receipt',
      admissionLeaf: job.leaf,
      unit: digestOf('test', { unit: this.#units++ }),
      certificate: digestOf('test', 'certificate'),
      payments: earnings.map(({ node, account, amount: value }) => ({ node, account, amount: value.toString() })),
      audited: this.nodes.filter((node, at) => audited.includes(at) && earnings.some((own) => own.node === node)),
    }
    await this.#enter(entry, async () => {
      const { epoch } = await readEpoch(this.#tx)
      await spend(
        this.#tx,
        job.account,
        earnings.reduce((sum, { amount: value }) => sum + value, 0n),
      )
      await creditReceipt(this.#tx, entry, epoch, 1)
    })
  }

  async #convict({ node: at, job: number, cause }: Extract<Step, { do: 'convict' }>): Promise<void> {
    const job = this.#job(number)
    const node = this.#node(at)
    const { epoch } = await readEpoch(this.#tx)
    // Before the first tick there is no epoch to forfeit in: the coordinator ticks first.
    if (job === undefined || epoch === 0) return
    const fault = this.ledger.size
    const proof = digestOf('test', { fault })
    this.ledger.apply({ type: 'fault', admissionLeaf: job.leaf, node, cause, proof, earlier: null })
    const isAll = cause === 'equivocation'
    const due = isAll ? this.ledger.stakeOf(node) : this.ledger.doubtfulOf(node)
    await this.#enter({ type: 'forfeit', node, fault, amount: due.toString() }, async () => {
      expect(await (isAll ? forfeit(this.#tx, node, epoch) : forfeitDoubtful(this.#tx, node))).toBe(due)
    })
  }

  async #enter(entry: LogEntry, change: () => Promise<void>): Promise<void> {
    try {
      this.ledger.apply(entry)
    } catch (error) {
      if (error instanceof LedgerRuleError) return
      throw error
    }
    await change()
  }

  /** One of the jobs that there are. */
  #job(at: number): { leaf: number; account: PublicKey } | undefined {
    return this.#jobs[at % Math.max(1, this.#jobs.length)]
  }

  #account(at: number): PublicKey {
    return this.accounts[at] as PublicKey
  }

  #node(at: number): PublicKey {
    return this.nodes[at] as PublicKey
  }
}

class Rollback extends Error {}

describe('books', { timeout: 120_000 }, () => {
  test('behaviour: store and replay agree, and nothing is lost or made', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        // Each run has the empty store: what it did is taken back.
        const run = store.transaction(async (tx) => {
          const books = new Books(tx)
          await books.open()
          for (const account of [0, 1, 2]) await books.take({ do: 'grant', account, amount: 100n })
          await books.take({ do: 'admit', account: 0, amount: 60n })
          for (const one of steps) {
            await books.take(one)
            await books.check()
          }
          throw new Rollback()
        })
        await expect(run).rejects.toBeInstanceOf(Rollback)
      }),
      { numRuns: 40 },
    )
  })
})
