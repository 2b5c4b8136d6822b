// Writes what a contribution does into the history. It follows the states that the session shows, and knows no node.
import type { Clock } from '#core/clock.ts'
import type { NodeState } from '#node/state.ts'
import { isOn } from '#ui/words.ts'
import type { Addition } from './history-store.ts'
import { type Bucket, type KeptUnit, MINUTE_MS, emptyBucket, joined, keptOf, unitKey } from './kept.ts'

/** Time between two writings while something happens: what a crash may cost. */
export const WRITE_MS = 2_000

/** Time is counted at least this often, so that long waiting is on record too. */
export const COUNT_MS = 20_000

/** A longer silence is a device that slept, not one that was on. Hidden pages are woken once a minute. */
export const MAX_SILENCE_MS = 90_000

/** What a recorder is made of. */
export type RecorderParts = {
  readonly clock: Clock
  /** Keeps an addition. What cannot be kept is lost, and the recording goes on. */
  readonly add: (addition: Addition) => Promise<void>
}

/** Follows one session. Give it every state; close it when the page goes. */
export class Recorder {
  readonly #parts: RecorderParts
  #state: NodeState
  #sinceMs: number
  #minutes = new Map<number, Bucket>()
  #written = new Set<string>()
  #cancelWrite: (() => void) | undefined
  #cancelCount = () => {}

  constructor(parts: RecorderParts, state: NodeState) {
    this.#parts = parts
    this.#state = state
    this.#sinceMs = parts.clock.nowMs()
    this.#armCount()
  }

  /** Takes the next state. Called hundreds of times a second: only sums, and arms a writing. */
  follow(state: NodeState): void {
    const { units, phase } = this.#state
    this.#count()
    this.#state = state
    if (state.units !== units || state.phase !== phase) this.#armWrite()
  }

  /** Writes what is not written yet. Never rejects. */
  async write(): Promise<void> {
    this.#cancelWrite?.()
    this.#cancelWrite = undefined
    this.#count()
    const units = this.#finished()
    for (const unit of units) this.#bucket(unit)
    const minutes = [...this.#minutes.values()].sort((a, b) => a.startMs - b.startMs)
    this.#minutes = new Map()
    if (minutes.length === 0) return
    await this.#parts.add({ units, minutes }).catch(() => undefined)
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#cancelCount()
    await this.write()
  }

  /** Units that finished since the last writing, oldest first. The list shows the newest, so none passes by in {@link WRITE_MS}. */
  #finished(): KeptUnit[] {
    const kept = this.#state.units.flatMap((unit) => keptOf(unit) ?? [])
    const found = kept.filter(({ id }) => !this.#written.has(id)).toReversed()
    this.#written = new Set(kept.map(unitKey))
    return found
  }

  #bucket({ finishedMs, outcome, credited }: KeptUnit): void {
    const isAgreed = outcome === 'agreed'
    const startMs = finishedMs - (finishedMs % MINUTE_MS)
    const gain = { agreed: Number(isAgreed), others: Number(!isAgreed), credited: credited ?? '0' }
    this.#join({ ...emptyBucket(startMs), ...gain })
  }

  /** Adds the time since the last count to its minutes. */
  #count(): void {
    const nowMs = this.#parts.clock.nowMs()
    const fromMs = this.#sinceMs
    this.#sinceMs = nowMs
    if (!isOn(this.#state.phase) || nowMs <= fromMs || nowMs - fromMs > MAX_SILENCE_MS) return
    const isBusy = this.#state.units.some(({ outcome }) => outcome === 'computing')
    const rate = isBusy ? this.#state.rateMops : 0
    for (let atMs = fromMs; atMs < nowMs;) {
      const startMs = atMs - (atMs % MINUTE_MS)
      const endMs = Math.min(nowMs, startMs + MINUTE_MS)
      const onMs = endMs - atMs
      this.#join({
        ...emptyBucket(startMs),
        onMs,
        busyMs: isBusy ? onMs : 0,
        ratedMs: rate > 0 ? onMs : 0,
        rateMopsMs: Math.round(rate * onMs),
      })
      atMs = endMs
    }
  }

  #join(bucket: Bucket): void {
    const known = this.#minutes.get(bucket.startMs)
    this.#minutes.set(bucket.startMs, known === undefined ? bucket : joined(known, bucket))
  }

  #armWrite(): void {
    this.#cancelWrite ??= this.#parts.clock.after(WRITE_MS, () => void this.write())
  }

  #armCount(): void {
    this.#cancelCount = this.#parts.clock.after(COUNT_MS, () => {
      this.#count()
      if (this.#minutes.size > 0) this.#armWrite()
      this.#armCount()
    })
  }
}
