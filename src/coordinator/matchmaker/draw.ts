// Who can be given work now, and who of them is chosen as a unit's primary. Checkers are drawn: src/verify/draw.ts.
import { type Random, randomInt } from '#core/random.ts'
import type { Unit } from '#work/unit.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'

/** Leases a node may hold: one is computed while others wait for their peers. Nodes decline more. */
export const MAX_LEASES_PER_NODE = 3

/** Whether `live` may be offered anything now: then it is on the roster. */
export function isFree(live: LiveNode, nowMs: number): boolean {
  return (
    live.computing === 0 &&
    live.leases < MAX_LEASES_PER_NODE &&
    live.coolUntilMs <= nowMs &&
    (live.state === 'working' || live.state === 'idle') &&
    (live.delegation === null || live.delegation.body.expiresMs > nowMs)
  )
}

/** Whether `live` knows the unit's kind. */
export function canCompute({ capabilities }: Pick<LiveNode, 'capabilities'>, unit: Unit): boolean {
  return capabilities.kinds.some(({ name, version }) => name === unit.kind && version === unit.version)
}

/** Chooses one of `nodes`: the faster of two at random, so that fast nodes get more and slow ones do not starve. Undefined of none. */
export function choosePrimary(nodes: readonly LiveNode[], random: Random): LiveNode | undefined {
  if (nodes.length === 0) return undefined
  const one = nodes[randomInt(random, nodes.length)]
  const other = nodes[randomInt(random, nodes.length)]
  return (other?.ratedMops ?? 0) > (one?.ratedMops ?? 0) ? other : one
}
