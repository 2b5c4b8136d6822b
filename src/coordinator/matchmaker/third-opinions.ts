// Third opinions on disputed parts: a free node that shares nothing with a replica is drawn, may read the unit's inputs
// while it computes, and signs what it got. The reference does not wait for one that stays silent.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { signMessage } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { ARBITRATE_TIMEOUT_MS } from '#net/protocols/arbitrate/constants.ts'
import { askThird } from '#net/protocols/arbitrate/handler.ts'
import { ARBITRATION_TYPE, type Arbitration, type Statement, verifyStatement } from '#verify/arbitration.ts'
import { auditSeed, auditorSeed } from '#verify/audit.ts'
import { type Close, closeId } from '#verify/close.ts'
import type { Authority } from '#verify/commit.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import type { UnitDraws } from '#coordinator/draw/unit-draws.ts'
import { canCompute, isFree } from './draw.ts'

/** What a third node said, and was asked. */
export type ThirdOpinion = { readonly task: Arbitration; readonly statement: Statement }

/** What is asked; `draws` tell who has a part in the unit. */
export type Question = {
  readonly unit: Unit
  readonly close: Close
  readonly part: number
  readonly draws: UnitDraws
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
    const live = await this.#draw(question)
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

  /** The one that the secret of the moment draws among those who share nothing with a replica. */
  async #draw({ unit, close, draws }: Question): Promise<LiveNode | undefined> {
    const { grid, nodes } = this.#parts
    const nowMs = grid.clock.nowMs()
    const free = nodes
      .all()
      .filter((live) => isFree(live, nowMs) && canCompute(live, unit) && !this.#reading.has(live.node))
    const draft = await grid.draws.rosters.draft(grid.store.db, free)
    const { secret } = await grid.draws.secrets.current()
    const node = draws.unrelated(draft, auditorSeed(auditSeed(close, secret)))
    return node === undefined ? undefined : draft.live.get(node)
  }
}
