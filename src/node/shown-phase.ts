// The phase that a node shows and its reason, which follow from what goes on: behind a pause the pause is shown, and what went on comes
// back when it is over.
import type { Phase } from './state.ts'
import type { StatePublisher } from './state-publisher.ts'
import { type Why, atStep, toldWhy } from './step.ts'

/** What goes on at a node that has joined. `easing` is why less is computed than may be; empty when it is not. */
export type Going = { readonly isAdmitted: boolean; readonly leases: number; readonly easing: string }

/** Publishes one node's phase. */
export class ShownPhase {
  readonly #publisher: Pick<StatePublisher, 'state' | 'update'>
  readonly #pausedBecause: () => string | undefined
  #underneath: Why & { readonly phase: Phase } = { phase: 'off', ...toldWhy('') }

  /** `pausedBecause` tells why nothing is computed now; undefined when it may be. */
  constructor(publisher: Pick<StatePublisher, 'state' | 'update'>, pausedBecause: () => string | undefined) {
    this.#publisher = publisher
    this.#pausedBecause = pausedBecause
  }

  /** Shows `phase`, or the pause that it is behind. */
  set(phase: Phase, why: Why): void {
    const because = this.#pausedBecause()
    this.#underneath = { phase, ...why }
    this.#publisher.update(because === undefined ? this.#underneath : { phase: 'paused', ...toldWhy(because) })
  }

  /** Shows what follows from what is going on. */
  follow({ isAdmitted, leases, easing }: Going): void {
    const because = this.#pausedBecause()
    if (because !== undefined) this.#publisher.update({ phase: 'paused', ...toldWhy(because) })
    else if (!isAdmitted) this.#showUnderneath()
    else if (leases > 0) this.set('working', easing === '' ? atStep('computing') : toldWhy(easing))
    else this.set('waiting', atStep('idle', easing))
  }

  #showUnderneath(): void {
    if (this.#publisher.state.phase === 'paused') this.#publisher.update(this.#underneath)
  }
}
