// Which nodes get a unit: those that are here, free and know its kind, in random order, with different payees where possible.
import type { PublicKey } from '#core/ed25519.ts'
import { fromHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { type Random, shuffled } from '#core/random.ts'
import type { Unit } from '#work/unit.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'

/** Leases a node may hold: one is computed while others wait for their peers. Nodes decline more. */
export const MAX_LEASES_PER_NODE = 3

/** What a draw goes by. `taken` are nodes and payees that have a part in the unit already. */
export type DrawRequest = {
  readonly unit: Unit
  readonly count: number
  readonly taken: readonly Pick<LiveNode, 'node' | 'payee'>[]
  readonly nowMs: number
}

/** Whether `live` may be offered `unit` now. */
export function isFree(live: LiveNode, unit: Unit, nowMs: number): boolean {
  return (
    live.computing === 0 &&
    live.leases < MAX_LEASES_PER_NODE &&
    live.coolUntilMs <= nowMs &&
    (live.state === 'working' || live.state === 'idle') &&
    (live.delegation === null || live.delegation.body.expiresMs > nowMs) &&
    live.capabilities.kinds.some(({ name, version }) => name === unit.kind && version === unit.version)
  )
}

/** Draws up to `count` free nodes, those with payees of their own first. */
export function drawNodes(nodes: readonly LiveNode[], request: DrawRequest, random: Random): LiveNode[] {
  const { unit, count, taken, nowMs } = request
  const takenNodes = new Set<PublicKey>(taken.map(({ node }) => node))
  const payees = new Set<PublicKey>(taken.map(({ payee }) => payee))
  const free = shuffled(
    random,
    nodes.filter((live) => !takenNodes.has(live.node) && isFree(live, unit, nowMs)),
  )
  const drawn: LiveNode[] = []
  const others: LiveNode[] = []
  for (const live of free) {
    if (payees.has(live.payee)) others.push(live)
    else drawn.push(live)
    payees.add(live.payee)
  }
  return [...drawn, ...others].slice(0, count)
}

/** Root and size of the roster that a draw is made from: what the log holds before it is used. */
export function rosterOf(nodes: readonly LiveNode[]): { root: Digest; size: number } {
  const keys = nodes.map(({ node }) => node).sort()
  return { root: merkleRoot(keys.map((key) => leafDigest(fromHex(key)))), size: keys.length }
}
