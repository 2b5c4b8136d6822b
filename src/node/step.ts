// What a node is at: codes, which a page says in its own language, and the English that everybody else is told.
import type { NodeState } from './state.ts'

/** Steps of a node's life. `loading`, `handing-back` and `not-started` are those of the page around it. */
export type Step =
  | 'loading'
  | 'finding'
  | 'opening'
  | 'joining'
  | 'idle'
  | 'computing'
  | 'stopping'
  | 'handing-back'
  | 'stopped'
  | 'not-started'

/** In English. A node that is idle is not told of units that are not for it: who gets one is drawn. */
export const STEP_WORDS: Readonly<Record<Step, string>> = {
  loading: 'Loading the node.',
  finding: 'Finding the network.',
  opening: 'Opening the device.',
  joining: 'Joining the network.',
  idle: 'No unit is meant for this device right now; the next one starts by itself.',
  computing: 'Computing for the network.',
  stopping: 'Stopping.',
  'handing-back': 'Your device is free; handing the work back.',
  stopped: 'Stopped.',
  'not-started': 'The node did not start.',
}

/** Why a phase is what it is. */
export type Why = Pick<NodeState, 'step' | 'reason'>

/** The why of a node that is at `step`, and `more` about it. */
export function atStep(step: Step, more = ''): Why {
  return { step, reason: `${STEP_WORDS[step]} ${more}`.trim() }
}

/** A why in somebody's words. */
export function toldWhy(reason: string): Why {
  return { step: null, reason }
}
