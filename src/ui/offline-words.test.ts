import { describe, expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'
import { offlineState } from './offline-words.ts'
import { OFF_STATE } from './session.ts'

describe('offlineState', () => {
  it('behaviour: says what to do when nothing runs, and that nothing need be done when something does', () => {
    expect(offlineState(OFF_STATE, false)?.line).toBe('Off, and offline')
    expect(offlineState(OFF_STATE, false)?.state.reason).toContain('then click Contribute')
    for (const phase of ['starting', 'waiting', 'working', 'reconnecting'] as const) {
      const shown = offlineState({ ...OFF_STATE, phase }, false)
      expect(shown).toMatchObject({ line: 'Offline', state: { phase: 'reconnecting' } })
      expect(shown?.state.reason).toContain('need not do anything')
    }
  })

  it('behaviour: a pause, a stop and what needs the person keep their own words', () => {
    const phases = ['paused', 'stopping', 'attention'] as const
    expect(phases.map((phase) => offlineState({ ...OFF_STATE, phase }, false))).toEqual([null, null, null])
  })

  it('behaviour: a grid on this very machine works on without a network', () => {
    const phases = ['waiting', 'working'] as const
    expect(phases.map((phase) => offlineState({ ...OFF_STATE, phase }, true))).toEqual([null, null])
    expect(offlineState({ ...OFF_STATE, phase: 'reconnecting' }, true)?.line).toBe('Offline')
  })
})

describe('isLoopback', () => {
  it('behaviour: names and numbers of this machine, and nothing that only looks like them', () => {
    const own = ['localhost', 'grid.localhost', '127.0.0.1', '127.9.9.9', '[::1]']
    const others = ['localhost.example', '127.0.0.1.example', '128.0.0.1', 'example', '[::2]']
    expect([...own, ...others].filter(isLoopback)).toEqual(own)
  })
})
