// What a person reads of a node: every pause with its reason, and what comes back after it.
import { expect, test } from 'vitest'
import { ShownPhase } from './shown-phase.ts'
import { StatePublisher } from './state-publisher.ts'

const NOTHING = 'No unit is meant for this device right now; the next one starts by itself.'

function open() {
  const publisher = new StatePublisher()
  let because: string | undefined
  const phase = new ShownPhase(publisher, () => because)
  const shown = () => [publisher.state.phase, publisher.state.reason]
  return { phase, shown, pause: (reason?: string) => void (because = reason) }
}

test('default: waiting without a lease, working with one, and why it works less', () => {
  const { phase, shown } = open()
  phase.follow({ isAdmitted: true, leases: 0, easing: '' })
  expect(shown()).toEqual(['waiting', NOTHING])
  phase.follow({ isAdmitted: true, leases: 0, easing: 'It is hot.' })
  expect(shown()).toEqual(['waiting', `${NOTHING} It is hot.`])
  phase.follow({ isAdmitted: true, leases: 1, easing: '' })
  expect(shown()).toEqual(['working', 'Computing for the network.'])
  phase.follow({ isAdmitted: true, leases: 1, easing: 'It is hot.' })
  expect(shown()).toEqual(['working', 'It is hot.'])
})

test('behaviour: behind a pause the node goes on joining, and shows how far it is when the pause is over', () => {
  const { phase, shown, pause } = open()
  phase.set('starting', 'Finding the network.')
  pause('lunch')
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['paused', 'lunch'])
  phase.set('reconnecting', 'The coordinator is away.')
  expect(shown()).toEqual(['paused', 'lunch'])
  pause()
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['reconnecting', 'The coordinator is away.'])
})

test('behaviour: what a node does before it is admitted stays when nothing was paused', () => {
  const { phase, shown } = open()
  phase.set('starting', 'Opening the device.')
  phase.follow({ isAdmitted: false, leases: 0, easing: '' })
  expect(shown()).toEqual(['starting', 'Opening the device.'])
})
