// Entry of the page for owners of sites. Whose earnings are shown stands in its address.
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { Http } from '#sdk/http.ts'
import { fetchSiteEarnings } from '#sdk/sites.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { askedFor } from '#ui/sites/site-sums.ts'
import '#ui/sites/earnings-view.ts'

await openLanguage(pageSentences)
const http = new Http(location.origin, {
  fetch: (url, init) => fetch(url, init),
  clock: systemClock,
  random: systemRandom,
})
const view = document.createElement('cw-earnings')
view.ask = (name) => fetchSiteEarnings(http, name)
view.name = askedFor(new URLSearchParams(location.search).get('of') ?? '') ?? ''
view.addEventListener('cw-asked', (event) => {
  const name = (event as CustomEvent<string>).detail
  history.replaceState(null, '', `?${new URLSearchParams({ of: name }).toString()}`)
})
document.body.append(view)
