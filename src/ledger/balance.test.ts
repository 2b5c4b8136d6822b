import { digestOf } from '#core/digest.ts'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { MAX_PAYMENTS, logEntrySchema } from './entry.ts'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Ledger, LedgerRuleError, replay } from './balance.ts'
import type { LogEntry } from './entry.ts'

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

describe('ledger', () => {
  test('default: grant, escrow, payment, refund', () => {
    const ledger = replay([
      GENESIS,
      grant(A, 100n),
      { type: 'roster', root: digestOf('test', 'roster'), size: 2 },
      admission(A, 60n),
      receipt(3, 'unit 0', [
        [B, 20n],
        [C, 20n],
      ]),
      { type: 'fault', admissionLeaf: 3, node: C, proof: digestOf('test', 'proof') },
      refund(3, 20n),
    ])
    expect(ledger.size).toBe(7)
    expect(ledger.minted).toBe(100n)
    expect(ledger.balanceOf(A)).toEqual({ balance: 60n, escrowed: 0n, earned: 0n, granted: 100n })
    expect(ledger.balanceOf(B)).toEqual({ balance: 20n, escrowed: 0n, earned: 20n, granted: 0n })
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
    [
      'a fault without admission',
      [GENESIS, { type: 'fault', admissionLeaf: 0, node: B, proof: digestOf('test', 'p') }],
      'entry 0 is no admission',
    ],
  ] as const)('error: %s', (_, entries, message) => {
    const error = caught(() => replay(entries))
    expect(error).toBeInstanceOf(LedgerRuleError)
    expect(error).toMatchObject({ kind: 'hostile', message: expect.stringContaining(message) as unknown })
  })

  test('limit: all of a balance may go to escrow, all of an escrow to payments', () => {
    const ledger = replay([GENESIS, grant(A, 9n), admission(A, 9n), receipt(2, 'u', [[B, 9n]])])
    expect(ledger.balanceOf(A)).toMatchObject({ balance: 0n, escrowed: 0n })
    expect(ledger.balanceOf(B).earned).toBe(9n)
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
        .tuple(leaf, unit, fc.array(fc.tuple(account, amount), { maxLength: 3 }))
        .map(([at, own, paid]) => receipt(at, own, paid)),
      fc.tuple(leaf, amount).map(([at, value]) => refund(at, value)),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const ledger = new Ledger()
        ledger.apply(GENESIS)
        let refused = 0
        for (const one of entries) {
          const before = booksOf(ledger)
          try {
            ledger.apply(one)
          } catch (error) {
            if (!(error instanceof LedgerRuleError)) throw error
            refused++
            expect(booksOf(ledger)).toEqual(before)
          }
          const accounts = ledger.accounts().map((key) => ledger.balanceOf(key))
          expect(accounts.every(({ balance, escrowed }) => balance >= 0n && escrowed >= 0n)).toBe(true)
          expect(accounts.reduce((sum, { balance, escrowed }) => sum + balance + escrowed, 0n)).toBe(ledger.minted)
        }
        expect(ledger.size).toBe(1 + entries.length - refused)
      }),
    )
  })

  test('behaviour: every entry passes its schema, and nothing more', () => {
    for (const entry of [GENESIS, grant(A, 1n), admission(A, 1n), receipt(1, 'u', [[B, 1n]]), refund(1, 1n)]) {
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

function receipt(admissionLeaf: number, unit: string, payments: readonly (readonly [PublicKey, bigint])[]): LogEntry {
  return {
    type: 'receipt',
    admissionLeaf,
    unit: digestOf('test', unit),
    certificate: digestOf('test', 'certificate'),
    payments: payments.map(([account, amount]) => ({ account, amount: amount.toString() })),
  }
}

function refund(admissionLeaf: number, amount: bigint): LogEntry {
  return { type: 'refund', admissionLeaf, amount: amount.toString() }
}

function booksOf(ledger: Ledger): unknown {
  return [ledger.size, ledger.minted, ledger.accounts().map((key) => [key, ledger.balanceOf(key)])]
}

function caught(call: () => void): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
