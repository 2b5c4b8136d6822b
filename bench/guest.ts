// Whether a cap holds: the WASM backend decodes for a minute behind the worker's own gate and pacer, and the processor time that the
// process took is compared with the cap. Then products on WebGPU in a page, beside an animation whose frames are counted.
import { systemClock } from '#core/clock.ts'
import { forward } from '#model/transformer.ts'
import { randomModel } from '#model/random-model.ts'
import { GuestGate } from '#node/guest/gate.ts'
import { Pacer } from '#node/pacer.ts'
import { throttledLanguage } from '#node/throttle-language.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { BENCH_SHAPE } from './lib/language-shape.ts'
import { runInPage } from './lib/page.ts'
import type { GuestFrames } from './page/guest.ts'

const SHARE = 0.3
const SECONDS = 60
const TOLERANCE = 0.05
const POSITIONS = 256

/** Frames a second that an animation at 60 keeps at least. */
const FRAMES = 58

/** Throws when the share of a minute is not the cap's. */
export const bench: Bench = {
  summary: `Decoding on one thread of WASM for ${SECONDS} s under a cap of ${SHARE * 100}%: share that was busy, by the pacer and by the process; the same of a GPU's queue, and frames beside it.`,
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
    return [
      record('busy', busy),
      record('processor time', (user + system) / 1000 / elapsedMs),
      ...(await besideAnAnimation()),
    ]
  },
}

/** A worker that multiplies on WebGPU under the cap, in a page that animates. */
async function besideAnAnimation(): Promise<BenchRecord[]> {
  const measured = await runInPage<GuestFrames>('guest', { share: SHARE, seconds: SECONDS })
  const { adapter, pacer, queue, eased, alone, beside, worstAlone, worstBeside } = measured
  const share = (name: string, value: number): BenchRecord => ({ name, value: value * 100, unit: '%', adapter })
  const frames = (name: string, value: number): BenchRecord => ({
    name,
    value,
    unit: 'frames/s',
    peer: `at least ${FRAMES}`,
    ratio: value / FRAMES,
    adapter,
  })
  return [
    { ...share("the GPU's queue busy", queue), peer: `cap ${SHARE * 100}%`, ratio: queue / SHARE },
    { ...share('by the pacer', pacer), peer: `cap ${SHARE * 100}%`, ratio: pacer / SHARE },
    share('time with less than the cap, eased off', eased),
    frames('an animation alone', alone),
    frames('beside the work', beside),
    frames('its worst second alone', worstAlone),
    frames('beside the work, the worst second', worstBeside),
  ]
}
