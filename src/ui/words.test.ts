import { describe, expect, test } from 'vitest'
import type { ErrorKind } from '#core/errors.ts'
import type { NodeState, Phase, UnitRecord } from '#node/state.ts'
import { OFF_STATE } from './session.ts'
import type { Held } from '#node/guest/cause.ts'
import {
  announcement,
  isOn,
  outcomeSentence,
  problemOf,
  reasonWords,
  shownOf,
  stateLine,
  transportWords,
} from './words.ts'

const PEER = { node: 'ab'.repeat(32), transport: 'webrtc' } as const

function unit(outcome: UnitRecord['outcome'], peers: UnitRecord['peers'] = []): UnitRecord {
  const finishedMs = outcome === 'agreed' || outcome === 'rejected' || outcome === 'lost' ? 2 : null
  return {
    unit: 'aa',
    what: '',
    startedMs: 1,
    finishedMs,
    outcome,
    credited: null,
    reason: '',
    certificate: null,
    peers,
  }
}

function state(phase: Phase, rest: Partial<NodeState> = {}): NodeState {
  return { ...OFF_STATE, phase, ...rest }
}

describe('words', () => {
  test('default: the state line counts open units and peers', () => {
    const units = [unit('computing'), unit('committed'), unit('checking'), unit('agreed')]
    expect(stateLine(state('working', { units, peers: [PEER, PEER] }))).toBe('Working on 3 units with 2 peers')
    expect(stateLine(state('working', { units: [unit('computing')], peers: [PEER] }))).toBe(
      'Working on 1 unit with 1 peer',
    )
    expect(stateLine(state('working'))).toBe('Working')
    expect(stateLine(state('waiting'))).toBe('On, waiting for work')
  })

  test('behaviour: every phase has its words, and what is said aloud does not change with the counts', () => {
    const phases: Phase[] = ['off', 'starting', 'waiting', 'working', 'paused', 'reconnecting', 'stopping', 'attention']
    expect(new Set(phases.map((phase) => stateLine(state(phase)))).size).toBe(phases.length)
    expect(announcement(state('working', { units: [unit('computing')], peers: [PEER] }))).toBe('Working')
    expect(announcement(state('paused', { reason: 'On battery.' }))).toBe('Paused. On battery.')
    expect(phases.filter((phase) => !isOn(phase))).toEqual(['off', 'attention'])
  })

  test('behaviour: what the rules hold back is told apart, with why', () => {
    const held = (pauses: Held['pauses'], easings: Held['easings'] = []) => ({ held: { pauses, easings, share: 0.25 } })
    const hidden = state('paused', held([{ code: 'hidden' }]))
    expect([shownOf(hidden), stateLine(hidden)]).toEqual(['hidden', 'Resting while hidden'])
    expect(reasonWords(hidden)).toBe('This tab is hidden; it goes on when you come back to it.')
    const both = state('paused', held([{ code: 'hidden' }, { code: 'battery' }]))
    expect([shownOf(both), stateLine(both)]).toEqual(['paused', 'Paused'])
    const own = state('paused', { reason: 'Lunch.' })
    expect([shownOf(own), reasonWords(own)]).toEqual(['paused', 'Lunch.'])
    const slow = held([], [{ code: 'hot' }])
    const why = 'Eases off to 25% of your device: your device got slower, as it does when it is hot.'
    const working = state('working', { ...slow, peers: [PEER] })
    expect([shownOf(working), stateLine(working)]).toEqual(['throttled', 'Working with 1 peer, slowed down'])
    expect(reasonWords(working)).toBe(why)
    const waiting = state('waiting', { ...slow, step: 'idle' })
    expect([shownOf(waiting), stateLine(waiting)]).toEqual(['throttled', 'On, waiting for work, slowed down'])
    expect(reasonWords(waiting)).toBe(
      `No unit is meant for your device right now; the next one starts by itself. ${why}`,
    )
    // Whoever listens is not told every thirty seconds that the page was touched.
    expect(announcement(working)).toBe('Working')
    expect(announcement(hidden)).toBe('Resting while hidden. This tab is hidden; it goes on when you come back to it.')
    // What held a node back before it was stopped is over.
    expect(shownOf(state('off', held([{ code: 'hidden' }])))).toBe('off')
  })

  test('behaviour: a lost GPU is not a matter of the connection', () => {
    const error = { name: 'gpu.DeviceLost', kind: 'unavailable', message: '' } as const
    expect(problemOf(error, 'attention').next).toContain('Lower the share of your GPU')
  })

  test('behaviour: an agreed unit says how many others checked it', () => {
    expect(outcomeSentence(unit('agreed', [PEER]))).toBe('Checked by 1 other node: equal, byte for byte.')
    expect(outcomeSentence(unit('agreed', [PEER, PEER]))).toBe('Checked by 2 other nodes: equal, byte for byte.')
    expect(transportWords('webrtc')).toBe('directly')
    expect(transportWords(null)).toBe('connection not recorded')
  })

  test.each(['input', 'hostile', 'unavailable', 'capacity', 'bug'] satisfies ErrorKind[])(
    'behaviour: an error of kind %s says what happened, what was kept and what to do next',
    (kind) => {
      const problem = problemOf({ name: 'x.Y', kind, message: 'It broke.' }, 'attention')
      expect(problem.what).toBe('It broke.')
      expect(problem.kept).toContain('safe')
      expect(problem.next).toContain('click Contribute'.slice(6))
    },
  )

  test('behaviour: while the node goes on by itself, nobody is asked to do anything', () => {
    const problem = problemOf({ name: 'x.Y', kind: 'unavailable', message: 'It broke.' }, 'reconnecting')
    expect(problem.next).toContain('You need not do anything')
  })
})
