// Entry of the explorer. The page draws; its worker fetches, checks and computes.
import { proxy, wrap } from 'comlink'
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import workerUrl from './check-worker.ts?worker&url'
import { ownScript } from '#core/script-address.ts'
import { keepErrors } from '#node/worker-link.ts'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import { openNumbers } from '#ui/format.ts'
import { parseRoute } from '#ui/explorer/route.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { nextTask } from '#ui/turns.ts'
import '#ui/explorer/log-view.ts'
import '#ui/explorer/unit-view.ts'

/** The worker's end as the elements know it: what is called back crosses as a port. */
function openExplorer(): ExplorerApi {
  keepErrors()
  const remote = wrap<ExplorerApi>(new Worker(ownScript(workerUrl), { type: 'module', name: 'explorer' }))
  return {
    look: () => remote.look(),
    beginAnew: () => remote.beginAnew(),
    page: (end) => remote.page(end),
    openUnit: (name) => remote.openUnit(name),
    checkUnit: (onCheck) => remote.checkUnit(proxy(onCheck)),
    recompute: (onStep) => remote.recompute(proxy(onStep)),
    checkFault: (named) => remote.checkFault(named),
    stop: () => remote.stop(),
  }
}

await openLanguage(pageSentences)
// Tasks of their own, none of them long: defining the elements, what numbers need, starting the worker, drawing.
await nextTask()
openNumbers()
await nextTask()
const api = openExplorer()
await nextTask()
const name = parseRoute(location.pathname)
const view = document.createElement(name === null ? 'cw-log' : 'cw-unit')
if ('name' in view) view.name = name
view.api = api
document.body.append(view)
