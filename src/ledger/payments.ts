// How what a node earned is paid: to its own account, and under a split to the site's too. Both parts are payments for the same node,
// so both are pending with it, and both are lost with it.
import type { PublicKey } from '#core/ed25519.ts'
import { type Split, sitePart } from '#identity/split.ts'
import type { Payment } from './entry.ts'

/** What a node was paid in all, and its own account with the part that is there. */
export type Paid = { readonly account: PublicKey; readonly own: bigint; readonly total: bigint }

/** The payments for `total` that `node` earned for `account`: one, and under a split the site's behind it. */
export function payNode(node: PublicKey, account: PublicKey, total: bigint, split: Split | null): Payment[] {
  const site = split === null ? 0n : sitePart(total, split.body.percent)
  const own: Payment = { node, account, amount: (total - site).toString() }
  return split === null ? [own] : [own, { node, account: split.body.account, amount: site.toString() }]
}

/** What `payments` give `node`; null where they are not as `split` parts them, so also where there is none and somebody else is paid. */
export function paidUnder(payments: readonly Payment[], node: PublicKey, split: Split | null): Paid | null {
  const given = payments.filter((payment) => payment.node === node)
  const [first] = given
  if (first === undefined) return null
  const total = given.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const due = payNode(node, first.account, total, split)
  const isAsDue =
    given.length === due.length &&
    due.every(({ account, amount }, at) => given[at]?.account === account && given[at].amount === amount)
  return isAsDue ? { account: first.account, own: BigInt(first.amount), total } : null
}
