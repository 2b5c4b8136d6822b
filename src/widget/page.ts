// Entry of the contributor's page. It shows what would run; the node itself is loaded by start-node.ts after the click.
import { systemClock } from '#core/clock.ts'
import { ContributionSession } from '#ui/session.ts'
import { browserStore } from '#ui/settings.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { startNode } from './start-node.ts'
import '#ui/elements/contributor-view.ts'

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

await openLanguage(pageSentences)
const view = document.createElement('cw-contributor')
view.session = session
view.store = browserStore()
document.body.append(view)
