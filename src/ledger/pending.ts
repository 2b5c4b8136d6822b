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

/** Earnings of a network that have not matured. */
export class PendingBook {
  readonly #byEpoch = new Map<number, Map<string, Earning>>()

  /** Adds what was earned in `epoch`. */
  add(epoch: number, { node, account, amount }: Earning): void {
    const own = this.#byEpoch.get(epoch) ?? new Map<string, Earning>()
    const key = `${node}/${account}`
    own.set(key, { node, account, amount: amount + (own.get(key)?.amount ?? 0n) })
    this.#byEpoch.set(epoch, own)
  }

  /** Takes out everything earned up to and with `epoch`. */
  mature(epoch: number): Earning[] {
    const old = [...this.#byEpoch.keys()].filter((each) => each <= epoch)
    const mature = old.flatMap((each) => [...(this.#byEpoch.get(each)?.values() ?? [])])
    for (const each of old) this.#byEpoch.delete(each)
    return mature
  }

  /** Takes out everything that `node` earned. */
  forfeit(node: PublicKey): Earning[] {
    const lost = this.#of(node)
    for (const own of this.#byEpoch.values())
      for (const [key, earning] of own) if (earning.node === node) own.delete(key)
    return lost
  }

  /** What `node` would lose. */
  stakeOf(node: PublicKey): bigint {
    return this.#of(node).reduce((sum, { amount }) => sum + amount, 0n)
  }

  #of(node: PublicKey): Earning[] {
    return [...this.#byEpoch.values()].flatMap((own) => [...own.values()].filter((earning) => earning.node === node))
  }
}
