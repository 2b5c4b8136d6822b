// Loaded after consent: the session, the node's state in words and figures. Before, nothing of it is fetched.
import { systemClock } from '#core/clock.ts'
import { ContributionSession } from '#ui/session.ts'
import { CONSENT_MS } from '#ui/settings.ts'
import { isOn } from '#ui/words.ts'
import { startNode } from './start-node.ts'
import type { Working } from './working.ts'
import './working-view.ts'

/** A session for a node that works on `site`, with its view. */
export function openWorking(site: string): Working {
  const coordinator = new URL('/', location.href)
  return workingOf(new ContributionSession({ start: startNode, coordinator, clock: systemClock }), site)
}

/** `session` as the box sees it. */
export function workingOf(session: ContributionSession, site: string): Working {
  const view = document.createElement('cw-working')
  view.session = session
  const state = () => ({ isOn: isOn(session.state.phase), unitsDone: session.state.unitsDone })
  return {
    view,
    get state() {
      return state()
    },
    onChange: (listener) => session.onChange(() => listener(state())),
    start: (gpuShare) => session.start({ gpuShare, expiresMs: systemClock.nowMs() + CONSENT_MS, site }),
    stop: () => session.stop(),
  }
}
