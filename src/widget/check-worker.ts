// The explorer's worker: every signature, digest and proof is checked here, and units are computed again, so that the page never waits.
import { expose } from 'comlink'
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { openLocalStore } from '#node/local-store.ts'
import { openUnitDevices } from '#node/unit-devices.ts'
import { keepErrors } from '#node/worker-link.ts'
import { Explorer, type ExplorerApi } from '#sdk/explore/explorer.ts'
import type { LogMemory } from '#sdk/explore/log-reader.ts'
import { Http } from '#sdk/http.ts'

/** Beside what a node keeps in this browser. */
function browserMemory(): LogMemory {
  const store = openLocalStore()
  return {
    load: async (place) => {
      const text = await (await store).get(`explorer/${place}`)
      return typeof text === 'string' ? text : undefined
    },
    save: async (place, text) => (await store).set(`explorer/${place}`, text),
  }
}

const fetcher = (url: string, init: RequestInit): Promise<Response> => fetch(url, init)
const explorer = new Explorer({
  http: new Http(location.origin, { fetch: fetcher, clock: systemClock, random: systemRandom }),
  memory: browserMemory(),
  openDevices: openUnitDevices,
})

const wire: ExplorerApi = {
  look: () => explorer.look(),
  beginAnew: () => explorer.beginAnew(),
  page: (end) => explorer.page(end),
  openUnit: (name) => explorer.openUnit(name),
  checkUnit: (onCheck) => explorer.checkUnit(onCheck),
  recompute: (onStep) => explorer.recompute(onStep),
  checkFault: (named) => explorer.checkFault(named),
  stop: () => explorer.stop(),
}
keepErrors()
expose(wire)
