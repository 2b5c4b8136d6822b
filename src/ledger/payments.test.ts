import { beforeAll, describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { type Split, signSplit } from '#identity/split.ts'
import type { Payment } from './entry.ts'
import { paidUnder, payNode } from './payments.ts'

const random = seededRandom('payments')
const newSigner = () => signerFromSecret(random.bytes(32))
const [signer, own, site, thief] = [newSigner(), newSigner().publicKey, newSigner().publicKey, newSigner().publicKey]
const node = signer.publicKey
let split: Split
beforeAll(async () => {
  const context = { network: EMPTY_ROOT, checkpoint: { size: 0, root: EMPTY_ROOT } }
  const body = { account: site, percent: 30, site: EMPTY_ROOT, issuedMs: 0, expiresMs: 1 }
  split = await signSplit(signer, context, body)
})

describe('payNode', () => {
  test('default: all to its own account, and under a split the rest', () => {
    expect(payNode(node, own, 101n, null)).toEqual([{ node, account: own, amount: '101' }])
    expect(payNode(node, own, 101n, split)).toEqual([
      { node, account: own, amount: '71' },
      { node, account: site, amount: '30' },
    ])
  })

  test('limit: the site is named for nothing too, so that what is paid follows from the split alone', () => {
    expect(payNode(node, own, 3n, split).map(({ amount }) => amount)).toEqual(['3', '0'])
  })
})

describe('paidUnder', () => {
  test('default: what was paid is what is read, among the payments of others', () => {
    const others = payNode(thief, thief, 7n, null)
    for (const total of [0n, 1n, 3n, 101n, 10n ** 29n]) {
      const paid = paidUnder([...others, ...payNode(node, own, total, split)], node, split)
      expect(paid).toEqual({ account: own, own: total - (total * 30n) / 100n, total })
      expect(paidUnder(payNode(node, own, total, null), node, null)).toEqual({ account: own, own: total, total })
    }
  })

  test('error: a part that the split does not give, a split that nobody gave, and one that was not kept', () => {
    const [mine, sites] = payNode(node, own, 100n, split) as [Payment, Payment]
    const wrong: [readonly Payment[], Split | null][] = [
      [[mine, sites], null],
      [[{ ...mine, amount: '100' }], split],
      [[mine, { ...sites, account: thief }], split],
      [
        [
          { ...mine, amount: '69' },
          { ...sites, amount: '31' },
        ],
        split,
      ],
      [[mine, sites, { ...sites, account: thief, amount: '0' }], split],
      [[sites, mine], split],
      [[mine], split],
      [[], null],
    ]
    for (const [payments, by] of wrong) expect(paidUnder(payments, node, by)).toBeNull()
  })
})
