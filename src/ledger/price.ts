// Prices for now: one credit per 10^12 operations to every replica that agreed. The full rule is economics' and replaces this file.

/** Atto-credit in a credit. */
export const ATTO_PER_CREDIT = 10n ** 18n

/** Atto-credit per integer operation: one credit per 10^12. */
export const ATTO_PER_OPERATION = ATTO_PER_CREDIT / 10n ** 12n

/** What one replica earns for `operations`. */
export function rewardAtto(operations: bigint): bigint {
  return operations * ATTO_PER_OPERATION
}

/** What a requester escrows for so many replicas. More of them, and auditors, share it by the operations they did. */
export function priceAtto(operations: bigint, replication: number): bigint {
  return rewardAtto(operations) * BigInt(replication)
}

/** `price` shared by weight, floored; what does not divide goes to the first. */
export function splitPrice(price: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map((_, at) => (at === 0 ? price : 0n))
  const shares = weights.map((weight) => (price * weight) / total)
  const rest = price - shares.reduce((sum, share) => sum + share, 0n)
  return shares.map((share, at) => (at === 0 ? share + rest : share))
}

/**
 * A unit's price shared by the operations of the work: each of `replicas` did `operations`, and a node that audited did those of the
 * audit's plan, null where none did. The replicas' shares in their order, then the auditor's.
 */
export function sharePrice(price: bigint, operations: bigint, replicas: number, audit: bigint | null): bigint[] {
  const weights = Array.from({ length: replicas }, () => operations)
  return splitPrice(price, audit === null ? weights : [...weights, audit])
}

/** Credits as text with up to `digits` decimals, cut, not rounded; no locale, for logs and command lines. */
export function formatCredits(amountAtto: bigint, digits = 6): string {
  const sign = amountAtto < 0n ? '-' : ''
  const positive = amountAtto < 0n ? -amountAtto : amountAtto
  const fraction = (positive % ATTO_PER_CREDIT).toString().padStart(18, '0').slice(0, digits).replace(/0+$/, '')
  return `${sign}${positive / ATTO_PER_CREDIT}${fraction === '' ? '' : `.${fraction}`}`
}
