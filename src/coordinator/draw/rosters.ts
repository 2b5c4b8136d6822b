// The roster of the moment: who can be drawn, with what each shares with others under salted ids, and its place in the log.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Random } from '#core/random.ts'
import { MAX_ROSTER, type Roster, type RosterEntry, rosterRoot } from '#verify/roster.ts'
import { NO_TRUST, type Trust, historyRate } from '#verify/trust.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import type { Append } from '#coordinator/log/transparency-log.ts'
import { insertRoster, readRoster } from '#coordinator/store/draws.ts'
import { stakesOf } from '#coordinator/store/pending.ts'
import { trustOf } from '#coordinator/store/trust.ts'
import type { Db } from '#coordinator/store/schema.ts'

/** A roster before it is in the log, and the nodes behind it. */
export type Draft = {
  readonly root: Digest
  readonly nodes: Roster
  readonly live: ReadonlyMap<PublicKey, LiveNode>
}

/** Makes rosters. Ids of groups are salted anew with every start, so that nobody learns accounts or addresses from them. */
export class Rosters {
  readonly #salt: Digest

  constructor(random: Random) {
    this.#salt = toHex(random.bytes(DIGEST_BYTES)) as Digest
  }

  /** The roster of `free` nodes, which are those that can be drawn now; of more than a roster holds, those that have been here longest. */
  async draft(db: Db, free: readonly LiveNode[]): Promise<Draft> {
    const nodes = free.length > MAX_ROSTER ? free.toSorted((a, b) => a.since - b.since).slice(0, MAX_ROSTER) : free
    const keys = nodes.map(({ node }) => node)
    const [stakes, trusts] = [await stakesOf(db, keys), await trustOf(db, nodes)]
    const entries = nodes.map((live, at) => this.#entry(live, stakes.get(live.node) ?? 0n, trusts[at] ?? NO_TRUST))
    entries.sort((a, b) => (a.node < b.node ? -1 : 1))
    return { root: rosterRoot(entries), nodes: entries, live: new Map(nodes.map((live) => [live.node, live])) }
  }

  /** The place of `draft` in the log, where it is put now if it is not there yet. */
  async publish(tx: Db, append: Append, { root, nodes }: Pick<Draft, 'root' | 'nodes'>): Promise<number> {
    const known = await readRoster(tx, root)
    if (known !== null) return known.logIndex
    const logIndex = await append({ type: 'roster', root, size: nodes.length })
    await insertRoster(tx, { root, logIndex, nodes })
    return logIndex
  }

  #entry(
    { node, payee, delegation, address, capabilities, ratedMops }: LiveNode,
    stake: bigint,
    trust: Trust,
  ): RosterEntry {
    const groups = [this.#group('account', payee)]
    if (delegation !== null) groups.push(this.#group('credential', delegation.credential.publicKey))
    if (address !== null) groups.push(this.#group('address', address))
    const kinds = capabilities.kinds.map(({ name, version }) => ({ name, version }))
    return { node, groups, kinds, ratedMops, stake: stake.toString(), auditPpm: historyRate(trust) }
  }

  #group(what: 'account' | 'credential' | 'address', value: string): Digest {
    return digestOf('exclusion-group', { salt: this.#salt, what, value })
  }
}
