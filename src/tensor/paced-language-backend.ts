// A language backend whose steps ask before they begin and are waited for when they are done: for a share of a device, for an end of its
// use, and so that a thread that computes stays able to hear.
import type { DeviceModel, LanguageBackend } from './language-backend.ts'

/** Called around every step. */
export type Pace = {
  /** Before a step; throws to stop, e.g. when a consent has ended. */
  begin(): void
  /** After a step that took `elapsedMs`. */
  rest(elapsedMs: number): Promise<void>
  /** Milliseconds, monotonic. */
  now(): number
}

/** `backend` with every step held to `pace`. */
export function pacedLanguageBackend(backend: LanguageBackend, pace: Pace): LanguageBackend {
  return {
    info: backend.info,
    load: async (weights, options) => pacedModel(await backend.load(weights, options), pace),
    close: () => backend.close(),
  }
}

function pacedModel(model: DeviceModel, pace: Pace): DeviceModel {
  return {
    shape: model.shape,
    openCache: (capacity) => model.openCache(capacity),
    begin(sequences) {
      pace.begin()
      const startMs = pace.now()
      const step = model.begin(sequences)
      return {
        embed: () => step.embed(),
        normQuantise: (x, site) => step.normQuantise(x, site),
        projectHeads: (a, layer) => step.projectHeads(a, layer),
        attend: (queries, layer) => step.attend(queries, layer),
        projectAdd: (a, layer, matrix, x) => step.projectAdd(a, layer, matrix, x),
        gateUp: (a, layer) => step.gateUp(a, layer),
        commit: (x, boundary) => step.commit(x, boundary),
        read: (x) => step.read(x),
        unembed: (a, rows) => step.unembed(a, rows),
        sample: (a, requests) => step.sample(a, requests),
        async finish() {
          const output = await step.finish()
          await pace.rest(pace.now() - startMs)
          return output
        },
      }
    },
    close: () => model.close(),
  }
}
