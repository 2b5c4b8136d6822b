import { describe, expect, it } from 'vitest'
import type { Phase } from '#node/state.ts'
import { badgeShower } from './app-badge.ts'
import { OFF_STATE } from './session.ts'

function shower() {
  const calls: string[] = []
  const page = { title: '' }
  const show = badgeShower(
    {
      setAppBadge: async (...count) => void calls.push(`set ${count.join('')}`.trim()),
      clearAppBadge: async () => void calls.push('clear'),
    },
    page,
  )
  return { calls, page, show: (phase: Phase) => show({ ...OFF_STATE, phase }) }
}

describe('badgeShower', () => {
  it('behaviour: a mark while it works, a one when it needs somebody, each told once', () => {
    const { calls, show } = shower()
    for (const phase of ['off', 'starting', 'working', 'working', 'paused', 'working', 'attention', 'off'] as const)
      show(phase)
    expect(calls).toEqual(['set', 'clear', 'set', 'set 1', 'clear'])
  })

  it('behaviour: the title says what goes on, for who sees only the tab', () => {
    const { page, show } = shower()
    const titles = (['off', 'working', 'paused', 'attention'] as const).map((phase) => {
      show(phase)
      return page.title
    })
    expect(titles).toEqual([
      'Commonwatt',
      'Working – Commonwatt',
      'Paused – Commonwatt',
      'Stopped: this needs you – Commonwatt',
    ])
  })

  it('behaviour: a browser without badges, or that refuses them, shows the title all the same', async () => {
    const page = { title: '' }
    badgeShower({}, page)({ ...OFF_STATE, phase: 'working' })
    const refusing = badgeShower({ setAppBadge: () => Promise.reject(new Error('refused')) }, page)
    refusing({ ...OFF_STATE, phase: 'attention' })
    await Promise.resolve()
    expect(page.title).toContain('needs you')
  })
})
