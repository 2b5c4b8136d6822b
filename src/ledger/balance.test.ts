import { digestOf } from '#core/digest.ts'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { MAX_PAYMENTS, logEntrySchema } from './entry.ts'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Ledger, LedgerRuleError, replay } from './balance.ts'
import { PROVEN_CAUSES, type ProvenCause } from '#verify/faults.ts'
import type { ForfeitEntry, LogEntry } from './entry.ts'

const random = seededRandom('balance')
const [A, B, C] = Array.from({ length: 3 }, () => signerFromSecret(random.bytes(32)).publicKey) as [
  PublicKey,
  PublicKey,
  PublicKey,
]
const GENESIS: LogEntry = {
  type: 'genesis',
  genesis: { name: 'test', coordinator: A, nonce: digestOf('test', 'nonce') },
}

/** B has earned 5 in epoch 10; the next entry has index 5. */
const EARNED = [GENESIS, grant(A, 9n), admission(A, 9n), epoch(10), receipt(2, 'u', [[B, 5n]])]

describe('ledger', () => {
  test('default: grant, escrow, payment, maturity, refund', () => {
    const ledger = replay([
      GENESIS,
      grant(A, 100n),
      { type: 'roster', root: digestOf('test', 'roster'), size: 2 },
      admission(A, 60n),
      receipt(3, 'unit 0', [
        [B, 20n],
        [C, 20n],
      ]),
      fault(3, C, 'wrong-part'),
      refund(3, 20n),
    ])
    const none = { balance: 0n, escrowed: 0n, pending: 0n, earned: 0n, burned: 0n, granted: 0n }
    expect(ledger.size).toBe(7)
    expect(ledger.minted).toBe(100n)
    expect(ledger.balanceOf(A)).toEqual({ ...none, balance: 60n, granted: 100n })
    expect(ledger.balanceOf(B)).toEqual({ ...none, pending: 20n, earned: 20n })
    ledger.apply(epoch(100))
    expect(ledger.balanceOf(B)).toEqual({ ...none, balance: 20n, earned: 20n })
    expect(ledger.balanceOf(signerFromSecret(random.bytes(32)).publicKey).balance).toBe(0n)
  })

  test.each([
    ['no genesis first', [grant(A, 1n)], 'genesis is the first'],
    ['a second genesis', [GENESIS, GENESIS], 'genesis is the first'],
    [
      'more into escrow than there is',
      [GENESIS, grant(A, 9n), admission(A, 10n)],
      '10 go to escrow and the account has 9',
    ],
    ['escrow of an unknown account', [GENESIS, admission(B, 1n)], 'the account has 0'],
    [
      'more paid than escrowed',
      [
        GENESIS,
        grant(A, 9n),
        admission(A, 9n),
        receipt(2, 'u', [
          [B, 5n],
          [C, 5n],
        ]),
      ],
      '10 leave an escrow of 9',
    ],
    [
      'a unit paid twice',
      [GENESIS, grant(A, 9n), admission(A, 9n), receipt(2, 'u', [[B, 1n]]), receipt(2, 'u', [[B, 1n]])],
      'was paid before',
    ],
    ['a receipt without admission', [GENESIS, grant(A, 9n), receipt(1, 'u', [[B, 1n]])], 'entry 1 is no admission'],
    [
      'a receipt of a later admission',
      [GENESIS, grant(A, 9n), receipt(3, 'u', [[B, 1n]]), admission(A, 9n)],
      'entry 3 is no admission',
    ],
    [
      'more refunded than is left',
      [GENESIS, grant(A, 9n), admission(A, 9n), refund(2, 9n), refund(2, 1n)],
      '1 leave an escrow of 0',
    ],
    ['a fault without admission', [GENESIS, fault(0, B, 'wrong-part')], 'entry 0 is no admission'],
    ['the same epoch again', [GENESIS, epoch(5), epoch(5)], 'epoch 5 does not follow 5'],
    ['an earlier epoch', [GENESIS, epoch(5), epoch(4)], 'epoch 4 does not follow 5'],
    ['another holdback', [GENESIS, epoch(5), epoch(6, 2)], 'holdback of 3 epochs changes to 2'],
    ['a repeated fault that names none', [...EARNED, fault(2, B, 'wrong-part-again')], 'only a repeated fault names'],
    ['a first fault that names one', [...EARNED, fault(2, B, 'equivocation', 3)], 'only a repeated fault names'],
    [
      'a repeated fault that names one of another node',
      [...EARNED, fault(2, C, 'wrong-part'), fault(2, B, 'wrong-part-again', 5)],
      'entry 5 is no fault of node',
    ],
    ['a forfeit without a fault', [...EARNED, forfeit(B, 4, 5n)], 'entry 4 is no fault of node'],
    [
      "a forfeit for another node's fault",
      [...EARNED, fault(2, C, 'equivocation'), forfeit(B, 5, 5n)],
      'entry 5 is no fault of node',
    ],
    [
      'a forfeit of all for what a driver may do',
      [...EARNED, receipt(2, 'v', [[B, 1n]], [B]), fault(2, B, 'wrong-part'), forfeit(B, 6, 6n)],
      '6 are forfeit and 3 are in doubt',
    ],
    [
      'an audit of who was not paid',
      [GENESIS, grant(A, 9n), admission(A, 9n), receipt(2, 'u', [[B, 1n]], [C])],
      'who was audited was paid',
    ],
    [
      'an audit that names a node twice',
      [GENESIS, grant(A, 9n), admission(A, 9n), receipt(2, 'u', [[B, 1n]], [B, B])],
      'is named once',
    ],
    [
      'a forfeit of less',
      [...EARNED, fault(2, B, 'equivocation'), forfeit(B, 5, 4n)],
      '4 are forfeit and 5 are pending',
    ],
    [
      'a forfeit of more',
      [...EARNED, fault(2, B, 'equivocation'), forfeit(B, 5, 6n)],
      '6 are forfeit and 5 are pending',
    ],
  ] as const)('error: %s', (_, entries, message) => {
    const error = caught(() => replay(entries))
    expect(error).toBeInstanceOf(LedgerRuleError)
    expect(error).toMatchObject({ kind: 'hostile', message: expect.stringContaining(message) as unknown })
  })

  test('limit: what was earned in epoch 10 is pending in epoch 12 and balance in 13', () => {
    const ledger = replay([...EARNED, epoch(12)])
    expect(ledger.balanceOf(B)).toMatchObject({ balance: 0n, pending: 5n })
    expect(ledger.stakeOf(B)).toBe(5n)
    ledger.apply(epoch(13))
    expect(ledger.balanceOf(B)).toMatchObject({ balance: 5n, pending: 0n })
    expect(ledger.stakeOf(B)).toBe(0n)
  })

  test('behaviour: a deliberate fault burns what that node has pending and earns in this epoch, and nobody gains', () => {
    const ledger = replay([...EARNED, fault(2, B, 'equivocation'), forfeit(B, 5, 5n), receipt(2, 'v', [[B, 1n]])])
    expect(ledger.balanceOf(B)).toMatchObject({ balance: 0n, pending: 0n, earned: 6n, burned: 6n })
    expect(ledger.stakeOf(B)).toBe(0n)
    ledger.apply(epoch(11))
    ledger.apply(receipt(2, 'w', [[B, 1n]]))
    expect(ledger.balanceOf(B)).toMatchObject({ pending: 1n, burned: 6n })
  })

  test('behaviour: a first wrong part burns what no audit stands behind, and the epoch goes on', () => {
    const ledger = replay([...EARNED, receipt(2, 'v', [[B, 1n]], [B])])
    // A third of 5 is cleared, rounded up; the audited result itself is in no doubt.
    expect([ledger.stakeOf(B), ledger.doubtfulOf(B)]).toEqual([6n, 3n])
    ledger.apply(fault(2, B, 'wrong-part'))
    ledger.apply(forfeit(B, 6, 3n))
    expect(ledger.balanceOf(B)).toMatchObject({ pending: 3n, burned: 3n })
    ledger.apply(receipt(2, 'w', [[B, 3n]]))
    expect(ledger.balanceOf(B)).toMatchObject({ pending: 6n, burned: 3n, earned: 9n })
    expect(ledger.doubtfulOf(B)).toBe(3n)
    ledger.apply(epoch(13))
    expect(ledger.balanceOf(B)).toMatchObject({ balance: 6n, pending: 0n })
    expect(ledger.doubtfulOf(B)).toBe(0n)
  })

  test('limit: an audit clears a third of all doubt, the oldest first, and at most 40 times what the result earned', () => {
    const [first, second] = [receipt(2, 'u', [[B, 90n]]), receipt(2, 'v', [[B, 60n]])]
    const earlier = [GENESIS, grant(A, 999n), admission(A, 999n), epoch(10), first, epoch(11), second]
    const doubt = (worth: bigint) => {
      const ledger = replay([...earlier, receipt(2, 'w', [[B, worth]], [B])])
      const all = ledger.doubtfulOf(B)
      ledger.apply(epoch(13)) // the first receipt matures
      return [all, ledger.doubtfulOf(B)]
    }
    expect(doubt(0n)).toEqual([150n, 60n])
    expect(doubt(1n)).toEqual([110n, 60n])
    expect(doubt(2n)).toEqual([100n, 60n])
    const twice = [...earlier, receipt(2, 'w', [[B, 2n]], [B]), receipt(2, 'x', [[B, 2n]], [B])]
    expect(replay(twice).doubtfulOf(B)).toBe(66n)
    expect(replay([...twice, epoch(13)]).doubtfulOf(B)).toBe(60n)
  })

  test('behaviour: an audit of one replica leaves the others in doubt, and so is what the auditor earns', () => {
    const both = receipt(2, 'u', [
      [B, 3n],
      [C, 4n],
    ])
    const ledger = replay([GENESIS, grant(A, 9n), admission(A, 9n), epoch(10), both])
    ledger.apply(
      receipt(
        2,
        'v',
        [
          [B, 1n],
          [C, 1n],
        ],
        [B],
      ),
    )
    expect([ledger.doubtfulOf(B), ledger.doubtfulOf(C)]).toEqual([2n, 5n])
  })

  test('behaviour: two nodes of one account answer each for itself', () => {
    const both = {
      ...receipt(2, 'u', []),
      payments: [
        { node: B, account: C, amount: '3' },
        { node: A, account: C, amount: '4' },
      ],
    } as LogEntry
    const ledger = replay([GENESIS, grant(A, 9n), admission(A, 9n), epoch(10), both])
    ledger.apply(fault(2, B, 'broken-claim'))
    ledger.apply(forfeit(B, 5, 3n))
    expect(ledger.balanceOf(C)).toMatchObject({ pending: 4n, burned: 3n })
    expect(ledger.stakeOf(A)).toBe(4n)
  })

  test('behaviour: a fault of the same kind again is deliberate', () => {
    const ledger = replay([...EARNED, fault(2, B, 'wrong-part'), fault(2, B, 'wrong-part-again', 5), forfeit(B, 6, 5n)])
    expect(ledger.balanceOf(B)).toMatchObject({ pending: 0n, burned: 5n })
  })

  test('limit: all of a balance may go to escrow, all of an escrow to payments', () => {
    const ledger = replay([GENESIS, grant(A, 9n), admission(A, 9n), receipt(2, 'u', [[B, 9n]])])
    expect(ledger.balanceOf(A)).toMatchObject({ balance: 0n, escrowed: 0n })
    expect(ledger.balanceOf(B)).toMatchObject({ pending: 9n, earned: 9n })
  })

  test('behaviour: conserved, never negative, and unchanged by an entry that is refused', () => {
    const account = fc.constantFrom(A, B, C)
    const amount = fc.bigInt({ min: 0n, max: 50n })
    const leaf = fc.integer({ min: 0, max: 30 })
    const unit = fc.constantFrom('u', 'v', 'w')
    const entry = fc.oneof(
      fc.tuple(account, amount).map(([key, value]) => grant(key, value)),
      fc.tuple(account, amount).map(([key, value]) => admission(key, value)),
      fc
        .tuple(leaf, unit, fc.array(fc.tuple(account, amount), { maxLength: 3 }), fc.boolean())
        .map(([at, own, paid, isAudited]) =>
          receipt(at, own, paid, isAudited ? [...new Set(paid.map(([node]) => node))] : []),
        ),
      fc.tuple(leaf, amount).map(([at, value]) => refund(at, value)),
      fc.integer({ min: 1, max: 12 }).map((at) => epoch(at)),
      fc
        .tuple(leaf, account, fc.constantFrom(...PROVEN_CAUSES), fc.option(leaf))
        .map(([at, node, cause, earlier]) => fault(at, node, cause, earlier)),
      fc.tuple(account, leaf, amount).map(([node, at, value]) => forfeit(node, at, value)),
      // What the rules ask for: the amount that is pending or in doubt, whatever it is by then.
      fc.tuple(account, leaf).map(([node, at]) => forfeit(node, at, -1n)),
      fc.tuple(account, leaf).map(([node, at]) => forfeit(node, at, -2n)),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const ledger = new Ledger()
        ledger.apply(GENESIS)
        let refused = 0
        for (const drawn of entries) {
          const one = drawn.type === 'forfeit' ? dueOf(ledger, drawn) : drawn
          const before = booksOf(ledger)
          try {
            ledger.apply(one)
          } catch (error) {
            if (!(error instanceof LedgerRuleError)) throw error
            refused++
            expect(booksOf(ledger)).toEqual(before)
          }
          const accounts = ledger.accounts().map((key) => ledger.balanceOf(key))
          expect(accounts.flatMap((own) => Object.values(own)).every((value) => value >= 0n)).toBe(true)
          const total = accounts.reduce((sum, own) => sum + own.balance + own.escrowed + own.pending + own.burned, 0n)
          expect(total).toBe(ledger.minted)
          const stakes = [A, B, C].reduce((sum, node) => sum + ledger.stakeOf(node), 0n)
          expect([A, B, C].every((node) => ledger.doubtfulOf(node) <= ledger.stakeOf(node))).toBe(true)
          expect(stakes).toBe(accounts.reduce((sum, { pending }) => sum + pending, 0n))
        }
        expect(ledger.size).toBe(1 + entries.length - refused)
      }),
    )
  })

  test('behaviour: every entry passes its schema, and nothing more', () => {
    for (const entry of [
      GENESIS,
      grant(A, 1n),
      admission(A, 1n),
      receipt(1, 'u', [[B, 1n]]),
      refund(1, 1n),
      epoch(7),
      fault(1, B, 'wrong-part-again', 0),
      forfeit(B, 1, 2n),
    ]) {
      expect(v.parse(logEntrySchema, entry)).toEqual(entry)
      expect(v.safeParse(logEntrySchema, { ...entry, more: 1 }).success).toBe(false)
    }
    const paid = (count: number): LogEntry =>
      receipt(
        1,
        'u',
        Array.from({ length: count }, (): [PublicKey, bigint] => [B, 1n]),
      )
    expect(v.safeParse(logEntrySchema, paid(MAX_PAYMENTS)).success).toBe(true)
    expect(v.safeParse(logEntrySchema, paid(MAX_PAYMENTS + 1)).success).toBe(false)
    expect(v.safeParse(logEntrySchema, { ...grant(A, 1n), amount: '-1' }).success).toBe(false)
    expect(v.safeParse(logEntrySchema, { ...grant(A, 1n), amount: '01' }).success).toBe(false)
  })
})

function grant(account: PublicKey, amount: bigint): LogEntry {
  return { type: 'grant', account, amount: amount.toString() }
}

function admission(account: PublicKey, escrow: bigint): LogEntry {
  return { type: 'admission', job: digestOf('test', 'job'), account, escrow: escrow.toString() }
}

function receipt(
  admissionLeaf: number,
  unit: string,
  payments: readonly (readonly [PublicKey, bigint])[],
  audited: readonly PublicKey[] = [],
): LogEntry {
  return {
    type: 'receipt',
    admissionLeaf,
    unit: digestOf('test', unit),
    certificate: digestOf('test', 'certificate'),
    payments: payments.map(([account, amount]) => ({ node: account, account, amount: amount.toString() })),
    audited,
  }
}

function refund(admissionLeaf: number, amount: bigint): LogEntry {
  return { type: 'refund', admissionLeaf, amount: amount.toString() }
}

function epoch(number: number, holdback = 3): LogEntry {
  return { type: 'epoch', epoch: number, holdback }
}

function fault(admissionLeaf: number, node: PublicKey, cause: ProvenCause, earlier: number | null = null): LogEntry {
  return { type: 'fault', admissionLeaf, node, cause, proof: digestOf('test', 'proof'), earlier }
}

function forfeit(node: PublicKey, at: number, amount: bigint): LogEntry {
  return { type: 'forfeit', node, fault: at, amount: amount.toString() }
}

/** The forfeit with the amount that is due where it has a negative one: -1 for what is pending, -2 for what is in doubt. */
function dueOf(ledger: Ledger, { node, fault: at, amount }: ForfeitEntry): LogEntry {
  const due = { '-1': ledger.stakeOf(node), '-2': ledger.doubtfulOf(node) }[amount]
  return forfeit(node, at, due ?? BigInt(amount))
}

function booksOf(ledger: Ledger): unknown {
  const nodes = [A, B, C].map((node) => ledger.doubtfulOf(node))
  return [ledger.size, ledger.minted, nodes, ledger.accounts().map((key) => [key, ledger.balanceOf(key)])]
}

function caught(call: () => void): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
