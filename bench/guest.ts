// Whether a cap holds: the WASM backend decodes for a minute behind the worker's own gate and pacer, and the processor time that the
// process took is compared with the cap.
import { systemClock } from '#core/clock.ts'
import { forward } from '#model/transformer.ts'
import { randomModel } from '#model/random-model.ts'
import { GuestGate } from '#node/guest/gate.ts'
import { Pacer } from '#node/pacer.ts'
import { throttledLanguage } from '#node/throttle-language.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import type { Bench } from './lib/bench.ts'
import { BENCH_SHAPE } from './lib/language-shape.ts'

const SHARE = 0.3
const SECONDS = 60
const TOLERANCE = 0.05
const POSITIONS = 256

/** Throws when the share of a minute is not the cap's. */
export const bench: Bench = {
  summary: `Decoding on one thread of WASM for ${SECONDS} s under a cap of ${SHARE * 100}%: share that was busy, by the pacer and by the process.`,
  async run() {
    const consent = { gpuShare: SHARE, expiresMs: Date.now() + 3_600_000, site: null }
    const gate = new GuestGate({ consent, signals: null, clock: systemClock, onStatus: () => {} })
    const pacer = new Pacer({
      pace: () => gate.decision,
      check: () => gate.check(),
      ready: () => gate.ready(),
      now: () => performance.now(),
      pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    })
    const backend = throttledLanguage(openWasmLanguageBackend(await loadKernels(1)), pacer)
    const model = await backend.load(randomModel({ seed: 'guest', shape: BENCH_SHAPE }))
    const cache = model.openCache(POSITIONS)
    const startMs = performance.now()
    const [startBusyMs, startCpu] = [pacer.busyMs, process.cpuUsage()]
    for (let token = 0; performance.now() - startMs < SECONDS * 1000; token++) {
      if (token % POSITIONS === 0) cache.truncate(0)
      await forward(model, [{ cache, tokens: [token % BENCH_SHAPE.vocabulary] }], 'last')
    }
    const elapsedMs = performance.now() - startMs
    const { user, system } = process.cpuUsage(startCpu)
    const busy = (pacer.busyMs - startBusyMs) / elapsedMs
    cache.close()
    await model.close()
    gate.close()
    if (Math.abs(busy - SHARE) > TOLERANCE) throw new Error(`Busy ${busy} of the time, not ${SHARE}.`)
    const record = (name: string, value: number) => ({
      name,
      value: value * 100,
      unit: '%',
      peer: `cap ${SHARE * 100}%`,
      ratio: value / SHARE,
      adapter: backend.info.adapter,
    })
    return [record('busy', busy), record('processor time', (user + system) / 1000 / elapsedMs)]
  },
}
