// An explorer without its page: the reference computes, and what its browser would remember is in a map.
import { systemClock } from '#core/clock.ts'
import { seededRandom } from '#core/random.ts'
import { referenceModels } from '#model/model-cache.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { Explorer, type UnitCheck } from '#sdk/explore/explorer.ts'
import type { LogMemory } from '#sdk/explore/log-reader.ts'
import type { UnitName } from '#sdk/explore/unit-lookup.ts'
import { type Fetcher, Http } from '#sdk/http.ts'

/** A browser's memory in a map. */
export function memoryOf(kept = new Map<string, string>()): LogMemory & { readonly kept: Map<string, string> } {
  return {
    kept,
    load: async (place) => kept.get(place),
    save: async (place, text) => void kept.set(place, text),
  }
}

/** An explorer of the coordinator at `url`. */
export function explorerOf(url: string, fetch: Fetcher, memory: LogMemory = memoryOf()): Explorer {
  return new Explorer({
    http: new Http(url, { fetch, clock: systemClock, random: seededRandom('explorer') }),
    memory,
    openDevices: async () => {
      const backend = await openCpuBackend()
      return {
        backend,
        models: referenceModels(),
        device: { ...backend.info, note: '' },
        close: () => backend.close(),
      }
    },
  })
}

/** Opens a unit and makes every check. */
export async function checkedUnit(explorer: Explorer, name: UnitName) {
  const record = await explorer.openUnit(name)
  await explorer.look()
  const checks: UnitCheck[] = []
  const verdict = await explorer.checkUnit((check) => checks.push(check))
  return { record, verdict, checks, failed: checks.filter(({ reason }) => reason !== '') }
}
