// What a person reads of a node: every pause with its reason, and what comes back after it.
import { expect, test } from 'vitest'
import { ShownPhase } from './shown-phase.ts'
import { STEP_WORDS, atStep, toldWhy } from './step.ts'
import { StatePublisher } from './state-publisher.ts'

const NOTHING = STEP_WORDS.idle

function open() {
  const publisher = new StatePublisher()
  let because: string | undefined
  const phase = new ShownPhase(publisher, () => because)
  const shown = () => [publisher.state.phase, publisher.state.reason]
  const step = () => publisher.state.step
  return { phase, shown, step, pause: (reason?: string) => void (because = reason) }
}

test('default: waiting without a lease, working with one, and why it works less', () => {
  const { phase, shown, step } = open()
  phase.follow({ isAdmitted: true, leases: 0, easing: '' })
  expect(shown()).toEqual(['waiting', NOTHING])
  expect(step()).toBe('idle')
  phase.follow({ isAdmitted: true, leases: 0, easing: 'It is hot.' })
  expect(shown()).toEqual(['waiting', `${NOTHING} It is hot.`])
  phase.follow({ isAdmitted: true, leases: 1, easing: '' })
  expect(shown()).toEqual(['working', 'Computing for the network.'])
  phase.follow({ isAdmitted: true, leases: 1, easing: 'It is hot.' })
  expect(shown()).toEqual(['working', 'It is hot.'])
  expect(step()).toBeNull()
})

test('behaviour: behind a pause the node goes on joining, and shows how far it is when the pause is over', () => {
  const { phase, shown, step, pause } = open()
  phase.set('starting', atStep('finding'))
  pause('lunch')
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['paused', 'lunch'])
  expect(step()).toBeNull()
  phase.set('reconnecting', toldWhy('The coordinator is away.'))
  expect(shown()).toEqual(['paused', 'lunch'])
  pause()
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['reconnecting', 'The coordinator is away.'])
})

test('behaviour: what a node does before it is admitted stays when nothing was paused', () => {
  const { phase, shown } = open()
  phase.set('starting', atStep('opening'))
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['starting', 'Opening the device.'])
})
