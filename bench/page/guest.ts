// In the page: an animation beside a worker that lends the GPU under a cap, and how many of its frames were shown.
import { type Remote, wrap } from 'comlink'
import { watchPage } from '#node/guest/page-signals.ts'
import type { GuestShares, GuestWorker } from './guest-worker.ts'

/** Frames a second that the page showed alone and beside the worker, the worst second of both, and what the worker did. */
export type GuestFrames = GuestShares & {
  readonly alone: number
  readonly beside: number
  readonly worstAlone: number
  readonly worstBeside: number
}

/** Seconds that the page is watched alone. */
const ALONE_SECONDS = 10

/** Animates, alone and beside `seconds` of lending under a cap of `share`. */
export async function run({ share, seconds }: { share: number; seconds: number }): Promise<GuestFrames> {
  animate()
  const worker: Remote<GuestWorker> = wrap(
    new Worker(new URL('./guest-worker.ts', import.meta.url), { type: 'module' }),
  )
  const stop = watchPage((signals) => void worker.setSignals(signals))
  const ended = new AbortController()
  setTimeout(() => ended.abort(), ALONE_SECONDS * 1000)
  const alone = await countFrames(ended.signal)
  const lending = new AbortController()
  const counting = countFrames(lending.signal)
  const shares = await worker.run(share, seconds)
  lending.abort()
  const beside = await counting
  stop()
  // The worker opens and tunes its device first, without a pacer: only the seconds under the cap count.
  const capped = beside.slice(-Math.floor(seconds))
  return {
    ...shares,
    alone: mean(alone),
    beside: mean(capped),
    worstAlone: Math.min(...alone),
    worstBeside: Math.min(...capped),
  }
}

/** A square that goes round: something moves in every frame. */
function animate(): void {
  const square = document.createElement('div')
  square.style.cssText = 'position:fixed;inset:40px auto auto 40px;width:120px;height:120px;background:#b86e00'
  document.body.append(square)
  const turn = (atMs: number) => {
    square.style.transform = `rotate(${atMs / 10}deg)`
    requestAnimationFrame(turn)
  }
  requestAnimationFrame(turn)
}

/** Frames of each whole second until `signal`. */
function countFrames(signal: AbortSignal): Promise<number[]> {
  const counts: number[] = []
  let startMs: number | undefined
  return new Promise((resolve) => {
    const note = (atMs: number) => {
      startMs ??= atMs
      const second = Math.floor((atMs - startMs) / 1000)
      counts[second] = (counts[second] ?? 0) + 1
      if (!signal.aborted) return void requestAnimationFrame(note)
      // The last second is not whole.
      resolve(Array.from(counts, (count) => count ?? 0).slice(0, -1))
    }
    requestAnimationFrame(note)
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
