// Entry of the contributor's page. It shows what would run; the node itself is loaded by start-node.ts after the click.
import { systemClock } from '#core/clock.ts'
import { badgeShower } from '#ui/app-badge.ts'
import { openNumbers } from '#ui/format.ts'
import { keepShell } from '#ui/page-update.ts'
import { hasHistory, openRecordWhenNeeded } from '#ui/record-door.ts'
import { ContributionSession } from '#ui/session.ts'
import { browserStore } from '#ui/settings.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { openTour } from './open-tour.ts'
import { ownModels } from './own-models.ts'
import { startNode } from './start-node.ts'
import { nextTask } from '#ui/turns.ts'
import { isOn } from '#ui/words.ts'
import '#ui/elements/contributor-view.ts'
import '#ui/elements/update-note.ts'

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
// Tasks of their own: reading the scripts, what numbers need, drawing.
await nextTask()
openNumbers()
await nextTask()
const view = document.createElement('cw-contributor')
view.session = session
const store = browserStore()
view.store = store
view.record = hasHistory(store) ? 'coming' : null
view.models = ownModels
view.board = async () => (await import('./own-board.ts')).ownBoard
session.onChange(badgeShower())
const update = document.createElement('cw-update')
session.onChange(({ phase }) => {
  update.isRunning = isOn(phase)
})
// Keyboard and screen reader go on with the page when the tour is closed.
view.tabIndex = -1
const tour = await openTour(store, () => view.focus()).catch(() => null)
document.body.append(...(tour === null ? [] : [tour]), view, update)
// What the document showed until now is drawn by the view, in the same place: both change in one task, so that nothing is blank or moves.
await view.updateComplete
document.querySelector('#shell')?.remove()
openRecordWhenNeeded(session, store, systemClock, (record) => {
  view.record = record
})

// The development server builds no service worker. One that cannot be registered costs the page nothing but its shell without a connection.
if (import.meta.env.PROD)
  keepShell((takeOver) => {
    update.takeOver = takeOver
  }).catch(() => undefined)
