// Third opinions on disputed parts: a free node that shares neither key nor payee with a replica is drawn, may read the unit's inputs
// while it computes, and signs what it got. The reference does not wait for one that stays silent.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { signMessage } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { ARBITRATE_TIMEOUT_MS } from '#net/protocols/arbitrate/constants.ts'
import { askThird } from '#net/protocols/arbitrate/handler.ts'
import { ARBITRATION_TYPE, type Arbitration, type Statement, verifyStatement } from '#verify/arbitration.ts'
import { type Close, closeId } from '#verify/close.ts'
import type { Authority } from '#verify/commit.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { drawNodes } from './draw.ts'

/** What a third node said, and was asked. */
export type ThirdOpinion = { readonly task: Arbitration; readonly statement: Statement }

/** What is asked: `taken` are the nodes that have a part in the unit. */
export type Question = {
  readonly unit: Unit
  readonly close: Close
  readonly part: number
  readonly taken: readonly Pick<LiveNode, 'node' | 'payee'>[]
}

/** Asks third nodes. */
export class ThirdOpinions {
  readonly #parts: {
    readonly grid: Grid
    readonly nodes: LiveNodes
    readonly peer: Peer
    readonly authority: Authority
  }
  readonly #reading = new Map<PublicKey, Unit>()

  constructor(parts: { grid: Grid; nodes: LiveNodes; peer: Peer; authority: Authority }) {
    this.#parts = parts
  }

  /** Whether `node` computes a part that content `id` is an input of. */
  mayRead(node: PublicKey, id: Digest): boolean {
    return this.#reading.get(node)?.inputs.some((input) => input.id === id) === true
  }

  /** What a third node signs of the part; null when none is free, or it does not answer with a statement that holds. */
  async ask(question: Question): Promise<ThirdOpinion | null> {
    const live = this.#draw(question)
    if (live === undefined) return null
    const { grid, nodes, peer, authority } = this.#parts
    const { unit, close, part } = question
    const deadlineMs = grid.clock.nowMs() + ARBITRATE_TIMEOUT_MS
    const body = { unit: unitId(unit), close: closeId(close), part, node: live.node, deadlineMs }
    this.#reading.set(live.node, unit)
    live.computing++
    try {
      const task = await signMessage(grid.signer, ARBITRATION_TYPE, signingContext(grid), body)
      const { statement } = await askThird(peer, live.node, { task, unit })
      return statement !== null && verifyStatement(task, statement, authority).ok ? { task, statement } : null
    } catch {
      return null // one that went away, or was too slow: the reference decides
    } finally {
      live.computing--
      this.#reading.delete(live.node)
      nodes.changed()
    }
  }

  #draw({ unit, taken }: Question): LiveNode | undefined {
    const { grid, nodes } = this.#parts
    const payees = new Set(taken.map(({ payee }) => payee))
    const unrelated = nodes.all().filter(({ node, payee }) => !payees.has(payee) && !this.#reading.has(node))
    const request = { unit, count: 1, taken, nowMs: grid.clock.nowMs() }
    return drawNodes(unrelated, request, grid.random)[0]
  }
}
