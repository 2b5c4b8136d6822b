// Entry of the widget's frame: finds out where it stands, then shows the consent. Messages go to the verified host alone.
import { systemClock } from '#core/clock.ts'
import { ContributionSession } from '#ui/session.ts'
import { startNode } from './start-node.ts'
import { hostSite, surroundingsOf } from './host-site.ts'
import './frame-view.ts'

const site = hostSite(surroundingsOf(window))
const session = new ContributionSession({
  start: startNode,
  coordinator: new URL('/', location.href),
  clock: systemClock,
})
const { dataset } = document.documentElement
dataset.phase = session.state.phase
session.onChange(({ phase }) => {
  dataset.phase = phase
})

const view = document.createElement('cw-frame')
view.session = session
view.site = site
view.tell = (message) => {
  if (site !== null) window.parent.postMessage(message, site)
}
document.body.append(view)
