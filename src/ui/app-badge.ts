// What an installed page shows on its icon, and every page in its tab's title: whether it works, and whether it needs somebody.
import { msg, str } from '@lit/localize'
import type { NodeState, Phase } from '#node/state.ts'
import { isOn, stateLine } from './words.ts'

/** The part of Navigator that shows a badge, where there is one. */
type Badges = { setAppBadge?(count?: number): Promise<void>; clearAppBadge?(): Promise<void> }

/** A plain mark while it works, a one when it needs somebody, nothing otherwise. */
export function badgeOf(phase: Phase): 'mark' | 1 | 'none' {
  if (phase === 'attention') return 1
  return phase === 'working' ? 'mark' : 'none'
}

/** The title of the page's tab. */
export function titleOf(state: NodeState): string {
  if (!isOn(state.phase) && state.phase !== 'attention') return 'Commonwatt'
  const line = stateLine({ ...state, peers: [], units: [] })
  return msg(str`${line} – Commonwatt`)
}

/** Shows what follows from each state it is given; unchanged ones cost nothing. */
export function badgeShower(
  badges: Badges = navigator,
  page: { title: string } = document,
): (state: NodeState) => void {
  let shown: ReturnType<typeof badgeOf> = 'none'
  return (state) => {
    const title = titleOf(state)
    if (page.title !== title) page.title = title
    const badge = badgeOf(state.phase)
    if (badge === shown) return
    shown = badge
    // A browser may refuse, which is its right.
    const shows =
      badge === 'none' ? badges.clearAppBadge?.() : badges.setAppBadge?.(...(badge === 'mark' ? [] : [badge]))
    shows?.catch(() => undefined)
  }
}
