// What nodes have earned and do not have yet: by node, because a fault costs the node that is at fault and nobody else who works for
// the same account, and by epoch, because it matures when its epoch is long enough ago.
import type { PublicKey } from '#core/ed25519.ts'

/** Epochs that earnings stay pending where nothing else is configured: three days of hours. */
export const HOLDBACK_EPOCHS = 72

/** An epoch is an hour. */
export const EPOCH_MS = 3_600_000

/** The epoch of a moment, counted from 1970. */
export function epochOf(nowMs: number, epochMs = EPOCH_MS): number {
  return Math.floor(nowMs / epochMs)
}

/** Atto-credit that `node` earned for `account`. */
export type Earning = { readonly node: PublicKey; readonly account: PublicKey; readonly amount: bigint }

/** What a node earned in one epoch for one account; `doubtful` is the part of `amount` that no audit stands behind. */
export type PendingEarning = Earning & { readonly epoch: number; readonly doubtful: bigint }

/** An audit clears one part of so many of all doubt. Were it all, the moment after an audit would be the one to forge at. */
const DOUBT_PARTS = 3n

/** Earlier results of its own worth that an audited one can stand for, so that small ones do not vouch for large ones: two audits' distance at the floor. */
const AUDIT_REACH = 40n

/**
 * The rows of a node whose doubt changes when an audit finds a result valid that earned `worth`: a third of all doubt goes, rounded up, the oldest first,
 * and at most 40 times the worth.
 */
export function clearDoubt<Row extends Pick<PendingEarning, 'epoch' | 'account' | 'doubtful'>>(
  rows: readonly Row[],
  worth: bigint,
): Row[] {
  const part = (sumOf(rows.map(({ doubtful }) => doubtful)) + DOUBT_PARTS - 1n) / DOUBT_PARTS
  let left = part < worth * AUDIT_REACH ? part : worth * AUDIT_REACH
  const changed: Row[] = []
  for (const row of rows.toSorted(byAge)) {
    const cleared = row.doubtful < left ? row.doubtful : left
    left -= cleared
    if (cleared > 0n) changed.push({ ...row, doubtful: row.doubtful - cleared })
  }
  return changed
}

/** Earnings of a network that have not matured. */
export class PendingBook {
  readonly #byNode = new Map<PublicKey, Map<string, PendingEarning>>()

  /** Adds what was earned in `epoch`; it is in doubt unless an audit found this very result valid. */
  add(epoch: number, { node, account, amount }: Earning, isAudited: boolean): void {
    const known = this.#byNode.get(node)?.get(keyOf({ epoch, account }))
    const doubtful = (known?.doubtful ?? 0n) + (isAudited ? 0n : amount)
    this.#set({ node, account, epoch, amount: amount + (known?.amount ?? 0n), doubtful })
  }

  /** An audit found a result of `node` valid that earned `worth`: see {@link clearDoubt}. */
  clear(node: PublicKey, worth: bigint): void {
    for (const row of clearDoubt(this.#of(node), worth)) this.#set(row)
  }

  /** Takes out everything earned up to and with `epoch`. */
  mature(epoch: number): Earning[] {
    const old = [...this.#byNode.keys()].flatMap((node) => this.#of(node)).filter((row) => row.epoch <= epoch)
    for (const row of old) {
      const own = this.#byNode.get(row.node)
      own?.delete(keyOf(row))
      if (own?.size === 0) this.#byNode.delete(row.node)
    }
    return old
  }

  /** Takes out everything that `node` earned. */
  forfeit(node: PublicKey): Earning[] {
    const lost = this.#of(node)
    this.#byNode.delete(node)
    return lost
  }

  /** Takes out what `node` earned and no audit stands behind. */
  forfeitDoubtful(node: PublicKey): Earning[] {
    const rows = this.#of(node)
    for (const row of rows) this.#set({ ...row, amount: row.amount - row.doubtful, doubtful: 0n })
    return rows.map(({ account, doubtful }) => ({ node, account, amount: doubtful }))
  }

  /** What `node` would lose by a deliberate fault. */
  stakeOf(node: PublicKey): bigint {
    return sumOf(this.#of(node).map(({ amount }) => amount))
  }

  /** What `node` would lose by a first wrong part. */
  doubtfulOf(node: PublicKey): bigint {
    return sumOf(this.#of(node).map(({ doubtful }) => doubtful))
  }

  #of(node: PublicKey): PendingEarning[] {
    return [...(this.#byNode.get(node)?.values() ?? [])]
  }

  #set(row: PendingEarning): void {
    const own = this.#byNode.get(row.node) ?? new Map<string, PendingEarning>()
    own.set(keyOf(row), row)
    this.#byNode.set(row.node, own)
  }
}

function keyOf({ epoch, account }: Pick<PendingEarning, 'epoch' | 'account'>): string {
  return `${epoch}/${account}`
}

function byAge(a: Pick<PendingEarning, 'epoch' | 'account'>, b: Pick<PendingEarning, 'epoch' | 'account'>): number {
  return a.epoch - b.epoch || (a.account < b.account ? -1 : 1)
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}
