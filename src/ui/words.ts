// What a node's state is called on the page: short sentences in the second person, no jargon. Pure functions of NodeState.
import { msg, str } from '@lit/localize'
import type { ErrorRecord } from '#core/errors.ts'
import type { NodeState, Phase, UnitRecord } from '#node/state.ts'
import { byCount, formatCount, unitCount } from './format.ts'
import { easingWords, restWords } from './held-words.ts'
import { language } from './languages/language.ts'
import { stepWords } from './step-words.ts'
import { toldWords } from './told-words.ts'

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

/** What the state line tells apart: phases, and what the rules of the consent make of them. */
export type Shown = Phase | 'hidden' | 'throttled'

/** What a person is shown of `state`. */
export function shownOf({ phase, held }: NodeState): Shown {
  const [pause, ...others] = held.pauses
  if (phase === 'paused') return pause?.code === 'hidden' && others.length === 0 ? 'hidden' : 'paused'
  return isBusy(phase) && held.easings.length > 0 ? 'throttled' : phase
}

/** The state line: "Working on 3 units with 5 peers". */
export function stateLine(state: NodeState): string {
  const shown = shownOf(state)
  switch (shown) {
    case 'off':
      return msg('Off')
    case 'starting':
      return msg('Starting')
    case 'waiting':
      return waitingLine(state)
    case 'working':
      return workingLine(state)
    case 'throttled':
      return state.phase === 'working'
        ? msg(str`${workingLine(state)}, slowed down`)
        : msg(str`${waitingLine(state)}, slowed down`)
    case 'paused':
      return msg('Paused')
    case 'hidden':
      return msg('Resting while hidden')
    case 'reconnecting':
      return msg('Reconnecting')
    case 'stopping':
      return msg('Stopping')
    case 'attention':
      return msg('Stopped: this needs you')
  }
}

/** Why the state is what it is; empty where there is nothing to say. */
export function reasonWords(state: NodeState): string {
  const { phase, held, step, reason } = state
  if (phase === 'paused' && held.pauses.length > 0) return restWords(held)
  const easing = isBusy(phase) ? easingWords(held) : ''
  if (easing !== '' && phase === 'working') return easing
  const first = step === null ? toldWords(reason) : stepWords(step)
  return language() === 'zh-Hans' ? `${first}${easing}` : `${first} ${easing}`.trim()
}

/** What is said aloud when the phase changes; fewer words and fewer changes than the state line. */
export function announcement(state: NodeState): string {
  if (state.phase === 'working') return msg('Working')
  if (state.phase === 'waiting') return msg('On, waiting for work')
  const reason = reasonWords(state)
  return reason === '' ? stateLine(state) : msg(str`${stateLine(state)}. ${reason}`)
}

/** A unit's outcome in a word or two. */
export function outcomeWord(outcome: UnitRecord['outcome']): string {
  switch (outcome) {
    case 'computing':
      return msg('computing')
    case 'committed':
      return msg('sealed')
    case 'checking':
      return msg('being checked')
    case 'agreed':
      return msg('agreed')
    case 'rejected':
      return msg('not accepted')
    case 'lost':
      return msg('handed back')
  }
}

/** What an outcome means, for those who open a unit. */
export function outcomeSentence(unit: UnitRecord): string {
  switch (unit.outcome) {
    case 'computing':
      return msg('Your device is computing this now.')
    case 'committed':
      return msg('Your result is sealed. Nobody opens theirs until everybody has sealed.')
    case 'checking':
      return msg('The sealed results are being opened and compared.')
    case 'agreed':
      return unit.peers.length === 0 ? msg('Checked and equal.') : agreedWith(unit.peers.length)
    case 'rejected':
      return msg('The check did not accept this result, so it earned nothing.')
    case 'lost':
      return msg('Another node took this unit over; it earned nothing here.')
  }
}

/** "1 peer", "3 peers". */
export function peerCount(count: number): string {
  const shown = formatCount(count)
  return byCount(count, { one: msg(str`${shown} peer`), other: msg(str`${shown} peers`) })
}

/** How two nodes reached one another. */
export function transportWords(transport: Transport): string {
  switch (transport) {
    case 'webrtc':
      return msg('directly')
    case 'websocket':
      return msg('over a server connection')
    case 'relay':
      return msg('through the relay')
    case null:
      return msg('connection not recorded')
  }
}

/** What an error means to the person in front of it. */
export function problemOf(error: ErrorRecord, phase: Phase): Problem {
  return { what: toldWords(error.message), kept: keptSentence(), next: nextSentence(error, phase) }
}

function keptSentence(): string {
  return msg('Credit that was already confirmed is safe: it is in the coordinator’s public log.')
}

function nextSentence(error: ErrorRecord, phase: Phase): string {
  if (isOn(phase)) return msg('You need not do anything: your node goes on by itself.')
  // A GPU that is lost or refused may well be there again: that has nothing to do with the connection.
  switch (error.name.startsWith('gpu.') ? 'capacity' : error.kind) {
    case 'unavailable':
      return msg('Check your connection, then click Contribute again.')
    case 'capacity':
      return msg('Lower the share of your GPU or close other tabs that use it, then click Contribute again.')
    case 'input':
      return msg('Click Contribute to try again.')
    case 'hostile':
      return msg('The other side did not follow the rules and was dropped. Click Contribute to try again.')
    case 'bug':
      return msg('Reload the page and click Contribute. If it happens again, this text is what a report needs.')
  }
}

function isBusy(phase: Phase): boolean {
  return phase === 'working' || phase === 'waiting'
}

function waitingLine({ peers }: NodeState): string {
  return peers.length === 0
    ? msg('On, waiting for work')
    : msg(str`On, waiting for work with ${peerCount(peers.length)}`)
}

function workingLine(state: NodeState): string {
  const open = openUnits(state)
  const peers = peerCount(state.peers.length)
  if (open === 0) return state.peers.length === 0 ? msg('Working') : msg(str`Working with ${peers}`)
  const units = unitCount(open)
  return state.peers.length === 0 ? msg(str`Working on ${units}`) : msg(str`Working on ${units} with ${peers}`)
}

function agreedWith(count: number): string {
  const shown = formatCount(count)
  return byCount(count, {
    one: msg(str`Checked by ${shown} other node: equal, byte for byte.`),
    other: msg(str`Checked by ${shown} other nodes: equal, byte for byte.`),
  })
}
