// Where peers sit in the picture and which pulses a change of state means. Pure; a peer keeps its place as long as it is connected.
import type { NodeState, UnitRecord } from '#node/state.ts'

/** Peers drawn; more would be a tangle, and are counted in words. */
export const MAX_DRAWN = 10

/** A peer with its place, in per cent of the picture. */
export type PlacedPeer = NodeState['peers'][number] & {
  readonly x: number
  readonly y: number
  readonly isAbove: boolean
}

/** Something that happened to a unit, to be shown once along the lines to `peers` (all lines when none is known). */
export type PicturePulse = {
  readonly key: string
  readonly kind: 'leased' | 'compared' | 'agreed' | 'rejected'
  readonly peers: readonly string[]
}

/** Places peers on an ellipse around `you`, in the order of their keys; a single one lies beside you. */
export function placePeers(peers: NodeState['peers']): { placed: PlacedPeer[]; hidden: number; you: number } {
  const drawn = [...peers].sort((a, b) => (a.node < b.node ? -1 : 1)).slice(0, MAX_DRAWN)
  const hidden = peers.length - drawn.length
  const [only] = drawn
  if (drawn.length === 1 && only !== undefined)
    return { placed: [{ ...only, x: 30, y: 50, isAbove: false }], hidden, you: 70 }
  // An even number lies left and right of you, an odd one begins above you: always in balance.
  const first = drawn.length % 2 === 1 ? -Math.PI / 2 : Math.PI
  const placed = drawn.map(({ node, transport }, index) => {
    const angle = first + (index * 2 * Math.PI) / drawn.length
    const y = 50 + 32 * Math.sin(angle)
    const x = 50 + 42 * Math.cos(angle)
    return { node, transport, x: hundredths(x), y: hundredths(y), isAbove: y < 49 }
  })
  return { placed, hidden, you: 50 }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

/** Pulses for units whose outcome is not the one in `before`, and what to remember for the next time. */
export function newPulses(
  before: ReadonlyMap<string, UnitRecord['outcome']>,
  units: readonly UnitRecord[],
): { pulses: PicturePulse[]; seen: Map<string, UnitRecord['outcome']> } {
  const seen = new Map<string, UnitRecord['outcome']>()
  const pulses: PicturePulse[] = []
  for (const unit of units) {
    const id = `${unit.unit}/${unit.startedMs}`
    seen.set(id, unit.outcome)
    if (before.get(id) === unit.outcome) continue
    const kind = pulseKind(unit.outcome)
    if (kind === null) continue
    pulses.push({ key: `${id}/${kind}`, kind, peers: unit.peers.map((peer) => peer.node) })
  }
  return { pulses, seen }
}

function pulseKind(outcome: UnitRecord['outcome']): PicturePulse['kind'] | null {
  switch (outcome) {
    case 'computing':
      return 'leased'
    case 'checking':
      return 'compared'
    case 'agreed':
    case 'rejected':
      return outcome
    case 'committed':
    case 'lost':
      return null
  }
}
