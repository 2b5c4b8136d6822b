// Loaded after consent: the session, the node's state in words and figures. Before, nothing of it is fetched.
import { systemClock } from '#core/clock.ts'
import { isPublicKey } from '#core/ed25519.ts'
import type { Consent } from '#node/state.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { ContributionSession } from '#ui/session.ts'
import { CONSENT_MS } from '#ui/settings.ts'
import { isOn } from '#ui/words.ts'
import { startNode } from './start-node.ts'
import type { SiteCredit } from './host-options.ts'
import type { Working } from './working.ts'
import './working-view.ts'

type Split = NonNullable<Consent['split']> | null

/** A session for a node that works on `site`, with its view. */
export async function openWorking(site: string, credit: SiteCredit | null): Promise<Working> {
  // What the node says is worded as on our own page.
  await openLanguage(pageSentences)
  const coordinator = new URL('/', location.href)
  return workingOf(
    new ContributionSession({ start: startNode, coordinator, clock: systemClock }),
    site,
    shareOf(credit),
  )
}

/** `session` as the box sees it. */
export function workingOf(session: ContributionSession, site: string, split: Split = null): Working {
  const view = document.createElement('cw-working')
  view.session = session
  const state = () => ({ isOn: isOn(session.state.phase), unitsDone: session.state.unitsDone })
  return {
    view,
    get state() {
      return state()
    },
    onChange: (listener) => session.onChange(() => listener(state())),
    start: (gpuShare) => session.start({ gpuShare, expiresMs: systemClock.nowMs() + CONSENT_MS, site, split }),
    stop: () => session.stop(),
  }
}

/** Before consent nothing can tell a key from other digits; a site that names none gets nothing. */
function shareOf(credit: SiteCredit | null): Split {
  if (credit === null) return null
  const { account, percent } = credit
  return isPublicKey(account) ? { account, percent } : null
}
