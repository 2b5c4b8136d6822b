// The phase that a node shows and its reason, which follow from what goes on: behind a pause the pause is shown, and what went on comes
// back when it is over.
import type { Phase } from './state.ts'
import type { StatePublisher } from './state-publisher.ts'

/** Why a node that is ready does nothing: who gets a unit is drawn, and a node is not told of units that are not for it. */
const NOTHING_TO_DO = 'No unit is meant for this device right now; the next one starts by itself.'

/** What goes on at a node that has joined. `easing` is why less is computed than may be; empty when it is not. */
export type Going = { readonly isAdmitted: boolean; readonly leases: number; readonly easing: string }

/** Publishes one node's phase. */
export class ShownPhase {
  readonly #publisher: Pick<StatePublisher, 'state' | 'update'>
  readonly #pausedBecause: () => string | undefined
  #underneath: { readonly phase: Phase; readonly reason: string } = { phase: 'off', reason: '' }

  /** `pausedBecause` tells why nothing is computed now; undefined when it may be. */
  constructor(publisher: Pick<StatePublisher, 'state' | 'update'>, pausedBecause: () => string | undefined) {
    this.#publisher = publisher
    this.#pausedBecause = pausedBecause
  }

  /** Shows `phase`, or the pause that it is behind. */
  set(phase: Phase, reason: string): void {
    const because = this.#pausedBecause()
    this.#underneath = { phase, reason }
    this.#publisher.update(because === undefined ? { phase, reason } : { phase: 'paused', reason: because })
  }

  /** Shows what follows from what is going on. */
  follow({ isAdmitted, leases, easing }: Going): void {
    const because = this.#pausedBecause()
    if (because !== undefined) this.#publisher.update({ phase: 'paused', reason: because })
    else if (!isAdmitted) this.#showUnderneath()
    else if (leases > 0) this.set('working', easing === '' ? 'Computing for the network.' : easing)
    else this.set('waiting', `${NOTHING_TO_DO} ${easing}`.trim())
  }

  #showUnderneath(): void {
    if (this.#publisher.state.phase === 'paused') this.#publisher.update(this.#underneath)
  }
}
