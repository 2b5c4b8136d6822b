// The nodes that are here now: admitted, connected, and what each is doing. In memory only: after a restart they say hello again.
import type { PublicKey } from '#core/ed25519.ts'
import type { Delegation } from '#identity/delegation.ts'
import type { Split } from '#identity/split.ts'
import type { Hello } from '#net/protocols/hello/messages.ts'

/** A node that may be given work. */
export type LiveNode = {
  readonly node: PublicKey
  readonly payee: PublicKey
  readonly delegation: Delegation | null
  /** The site on which it works, as it says, and what of its pay that site's account gets by its signed word. */
  readonly site: string | null
  readonly split: Split | null
  readonly tier: number
  readonly ratedMops: number
  readonly capabilities: Hello['capabilities']
  readonly since: number
  /** Public network address that it came from, the first 64 bits of an IPv6 one; null for a private one or where addresses do not count. */
  readonly address: string | null
  /** Leases it holds now, and those of them whose unit it still computes. */
  leases: number
  computing: number
  /** Not offered anything before this moment: it declined, failed or vanished. */
  coolUntilMs: number
  /** Offers declined in a row. */
  declines: number
  lastBeatMs: number | null
  state: 'working' | 'idle' | 'paused' | 'stopped'
}

/** Admitted nodes by key. */
export class LiveNodes {
  readonly #nodes = new Map<PublicKey, LiveNode>()
  readonly #listeners = new Set<() => void>()

  /** How many there are. */
  get size(): number {
    return this.#nodes.size
  }

  /** All of them. */
  all(): LiveNode[] {
    return [...this.#nodes.values()]
  }

  /** The node of that key, if it is here. */
  get(node: PublicKey): LiveNode | undefined {
    return this.#nodes.get(node)
  }

  /** Admits a node, or takes over what changed of it. */
  admit(node: LiveNode): void {
    const known = this.#nodes.get(node.node)
    // The same object stays: leases count on it.
    if (known === undefined) this.#nodes.set(node.node, node)
    else Object.assign(known, { ...node, leases: known.leases, computing: known.computing, since: known.since })
    this.changed()
  }

  /** Forgets a node: it left, or lost its admission. */
  remove(node: PublicKey): void {
    if (this.#nodes.delete(node)) this.changed()
  }

  /** Calls `listener` after every change that may let work begin; returns its removal. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the listeners. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
