// Coordinators that pay others, or otherwise, than nodes signed: on grids whose nodes all sign away a part of their credit to a site.
import type { PublicKey } from '#core/ed25519.ts'
import { MAX_SITE_PERCENT, type Split } from '#identity/split.ts'
import type { Payment, ReceiptEntry } from '#ledger/entry.ts'
import { type Repent, replaceReceipts, replaceSplits } from '../../support/lying-coordinator.ts'
import type { Arena } from './arena.ts'
import type { CoordinatorStrategy } from './coordinator-strategies.ts'
import { type Judge, receiptVerdict, splitVerdict } from './coordinator-verdicts.ts'

/** Every such strategy, in the order of the table. */
export const PAYMENT_STRATEGIES: readonly CoordinatorStrategy[] = [
  {
    name: 'coordinator that pays itself',
    tries: 'logs receipts that name another payee than the replicas',
    attempts: 2,
    begin: async (arena) => {
      const thief = coordinatorOf(arena)
      const repent = replaceReceipts((receipt) => ({
        ...receipt,
        payments: receipt.payments.map((payment) => ({ ...payment, account: thief })),
      }))
      return { repent, judge: (run) => receiptVerdict(arena, run) }
    },
  },
  {
    name: 'coordinator that changes splits',
    tries: 'certifies and pays as if nodes had named its own account, or half of their credit, for their site',
    attempts: 2,
    begin: async (arena) => {
      const account = coordinatorOf(arena)
      const ways = [{ account }, { percent: MAX_SITE_PERCENT }].map(
        (change) => () => replaceSplits(liveNodes(arena), (split) => altered(split, change)),
      )
      return inTurn(ways, (run) => splitVerdict(arena, run))
    },
  },
  {
    name: 'coordinator that keeps sites’ parts',
    tries: 'certifies what nodes signed, and logs that it paid itself all or half of the site’s part',
    attempts: 2,
    begin: async (arena) => {
      const thief = coordinatorOf(arena)
      const ways = [stolen, halved].map((change) => () => replaceReceipts((receipt) => change(receipt, thief)))
      return inTurn(ways, (run) => receiptVerdict(arena, run))
    },
  },
  {
    name: 'coordinator that leaves splits out',
    tries: 'certifies and pays as if nodes had signed away nothing',
    attempts: 2,
    begin: async (arena) =>
      inTurn([() => replaceSplits(liveNodes(arena), () => null)], (run) => splitVerdict(arena, run)),
  },
]

/** Lies in one way after the other, each for one job. */
function inTurn(ways: readonly (() => Repent)[], judge: Judge): Awaited<ReturnType<CoordinatorStrategy['begin']>> {
  let jobs = 0
  return {
    repent: () => {},
    async judge(run) {
      const repent = ways[jobs++ % ways.length]?.()
      try {
        return await judge(run)
      } finally {
        repent?.()
      }
    },
  }
}

function coordinatorOf({ client }: Arena): PublicKey {
  return client.network.genesis.coordinator
}

function liveNodes(arena: Arena) {
  return arena.honest.map((node) => arena.liveNode(node))
}

function altered(split: Split | null, change: Partial<Split['body']>): Split {
  if (split === null) throw new Error('The node signed no split.')
  return { ...split, body: { ...split.body, ...change } }
}

/** The second payment of each node is its site's. */
function stolen(receipt: ReceiptEntry, thief: PublicKey): ReceiptEntry {
  return changed(receipt, (payment) => [{ ...payment, account: thief }])
}

function halved(receipt: ReceiptEntry, thief: PublicKey): ReceiptEntry {
  return changed(receipt, (payment) => {
    const amount = BigInt(payment.amount)
    const half = amount / 2n
    return [
      { ...payment, amount: (amount - half).toString() },
      { ...payment, account: thief, amount: half.toString() },
    ]
  })
}

function changed(receipt: ReceiptEntry, change: (payment: Payment) => Payment[]): ReceiptEntry {
  const { payments } = receipt
  const isOfSite = (at: number) => payments[at]?.node === payments[at - 1]?.node
  return { ...receipt, payments: payments.flatMap((payment, at) => (isOfSite(at) ? change(payment) : [payment])) }
}
