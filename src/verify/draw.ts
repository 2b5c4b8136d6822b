// Drawing checkers: a seed that nobody chooses alone ranks the roster, and the first that are fit and unrelated are drawn. The primary is
// chosen freely, for speed and price. Once the epoch's secret is revealed anyone can draw again.
import { type Digest, digestOf } from '#core/digest.ts'
import { type Roster, type RosterEntry, areRelated, isMature } from './roster.ts'

/** What a draw's seed is made of. The job's id holds its requester's nonce, `secret` is that of the epoch in which the leases were signed. */
export type DrawSeed = {
  readonly network: Digest
  readonly unit: Digest
  readonly admissionLeaf: number
  readonly attempt: number
  readonly job: Digest
  readonly rosterRoot: Digest
  readonly epoch: number
  readonly secret: Digest
}

/** What is drawn. `related` have a part in the unit already: the primary, replicas of earlier attempts. */
export type DrawRequest = {
  readonly kind: { readonly name: string; readonly version: number }
  readonly count: number
  readonly related: readonly Pick<RosterEntry, 'node' | 'groups'>[]
  /** Whether one of those drawn must have a history; when the roster has none, nobody is held to it. */
  readonly needsMature: boolean
}

/** Seed of the draw of an attempt's checkers. */
export function drawSeed(parts: DrawSeed): Digest {
  return digestOf('draw-seed', parts)
}

/** The roster in the order in which `seed` draws it. */
export function drawOrder(seed: Digest, roster: Roster): RosterEntry[] {
  const ranked = roster.map((entry) => ({ entry, rank: digestOf('draw-rank', { seed, node: entry.node }) }))
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  return ranked.map(({ entry }) => entry)
}

/**
 * Draws up to `count` checkers. Where a history is needed the first place goes to the first that has one, the others by rank; so the draw of fewer
 * is the beginning of the draw of more. Fewer come back when the roster has no more that fit.
 */
export function drawCheckers(seed: Digest, roster: Roster, request: DrawRequest): RosterEntry[] {
  const { kind, count, related, needsMature } = request
  const drawn: RosterEntry[] = []
  const fits = (entry: RosterEntry) =>
    entry.kinds.some(({ name, version }) => name === kind.name && version === kind.version) &&
    ![...related, ...drawn].some((other) => areRelated(entry, other))
  const order = drawOrder(seed, roster)
  const first = needsMature && count > 0 ? order.find((entry) => isMature(entry) && fits(entry)) : undefined
  if (first !== undefined) drawn.push(first)
  for (const entry of order) if (drawn.length < count && fits(entry)) drawn.push(entry)
  return drawn
}
