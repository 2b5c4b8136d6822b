// What a node's state is called on the page: short sentences in the second person, no jargon. Pure functions of NodeState.
import type { ErrorRecord } from '#core/errors.ts'
import type { NodeState, Phase, UnitRecord } from '#node/state.ts'
import { plural } from './format.ts'

/** A transport as state.ts names it; null when it is not known. */
export type Transport = UnitRecord['peers'][number]['transport']

/** An error in three sentences: what happened, what was not lost, what to do next. */
export type Problem = { readonly what: string; readonly kept: string; readonly next: string }

/** Whether a node in `phase` is, or is about to be, at work. */
export function isOn(phase: Phase): boolean {
  return phase !== 'off' && phase !== 'attention'
}

/** Units that are not finished. */
export function openUnits(state: NodeState): number {
  return state.units.filter((unit) => unit.finishedMs === null).length
}

/** The state line: "Working on 3 units with 5 peers". */
export function stateLine(state: NodeState): string {
  switch (state.phase) {
    case 'off':
      return 'Off'
    case 'starting':
      return 'Starting'
    case 'waiting':
      return state.peers.length === 0 ? 'On, waiting for work' : `On, waiting for work with ${peers(state)}`
    case 'working':
      return workingLine(state)
    case 'paused':
      return 'Paused'
    case 'reconnecting':
      return 'Reconnecting'
    case 'stopping':
      return 'Stopping'
    case 'attention':
      return 'Stopped: this needs you'
  }
}

/** What is said aloud when the phase changes; fewer words and fewer changes than the state line. */
export function announcement(state: NodeState): string {
  if (state.phase === 'working') return 'Working'
  if (state.phase === 'waiting') return 'On, waiting for work'
  return state.reason === '' ? stateLine(state) : `${stateLine(state)}. ${state.reason}`
}

/** A unit's outcome in a word or two. */
export function outcomeWord(outcome: UnitRecord['outcome']): string {
  switch (outcome) {
    case 'computing':
      return 'computing'
    case 'committed':
      return 'sealed'
    case 'checking':
      return 'being checked'
    case 'agreed':
      return 'agreed'
    case 'rejected':
      return 'not accepted'
    case 'lost':
      return 'handed back'
  }
}

/** What an outcome means, for those who open a unit. */
export function outcomeSentence(unit: UnitRecord): string {
  const others = plural(unit.peers.length, 'other node')
  switch (unit.outcome) {
    case 'computing':
      return 'Your device is computing this now.'
    case 'committed':
      return 'Your result is sealed. Nobody opens theirs until everybody has sealed.'
    case 'checking':
      return 'The sealed results are being opened and compared.'
    case 'agreed':
      return unit.peers.length === 0 ? 'Checked and equal.' : `Checked by ${others}: equal, byte for byte.`
    case 'rejected':
      return 'The check did not accept this result, so it earned nothing.'
    case 'lost':
      return 'Another node took this unit over; it earned nothing here.'
  }
}

/** How two nodes reached one another. */
export function transportWords(transport: Transport): string {
  switch (transport) {
    case 'webrtc':
      return 'directly'
    case 'websocket':
      return 'over a server connection'
    case 'relay':
      return 'through the relay'
    case null:
      return 'connection not recorded'
  }
}

/** What an error means to the person in front of it. */
export function problemOf(error: ErrorRecord, phase: Phase): Problem {
  return { what: error.message, kept: keptSentence(), next: nextSentence(error, phase) }
}

function keptSentence(): string {
  return 'Credit that was already confirmed is safe: it is in the coordinator’s public log.'
}

function nextSentence(error: ErrorRecord, phase: Phase): string {
  if (isOn(phase)) return 'You need not do anything: your node goes on by itself.'
  switch (error.kind) {
    case 'unavailable':
      return 'Check your connection, then click Contribute again.'
    case 'capacity':
      return 'Lower the share of your GPU or close other tabs that use it, then click Contribute again.'
    case 'input':
      return 'Click Contribute to try again.'
    case 'hostile':
      return 'The other side did not follow the rules and was dropped. Click Contribute to try again.'
    case 'bug':
      return 'Reload the page and click Contribute. If it happens again, this text is what a report needs.'
  }
}

function workingLine(state: NodeState): string {
  const open = openUnits(state)
  const on = open === 0 ? 'Working' : `Working on ${plural(open, 'unit')}`
  return state.peers.length === 0 ? on : `${on} with ${peers(state)}`
}

function peers(state: NodeState): string {
  return plural(state.peers.length, 'peer')
}
