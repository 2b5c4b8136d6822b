// Lines of the world -> windows of bytes with targets and loss weights. Every window begins with a line.
import { utf8 } from '#core/bytes.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { type Line, SHARES, type Shares, type Split, drawLine, lineText, promptText } from './world.ts'

/** What a batch is written to: rows of all windows one after another. */
export type BatchTarget = {
  readonly tokens: Int32Array
  readonly targets: Int32Array
  readonly weights: Float32Array
  readonly first: Int32Array
}

/** One line and the rows of a batch that predict its answer, the end of the line included. */
export type PlacedLine = { readonly line: Line; readonly from: number; readonly to: number }

/** Randomness of one step, so that a run can resume anywhere. */
export function stepRandom(seed: string, split: Split, step: number): Random {
  return seededRandom(`${seed}/${split}/${step}`)
}

/** One window in this many sees its earlier lines too, as in a conversation; in the others a line sees itself alone. */
const OPEN_WINDOWS = 4

/** Fills a batch; returns the lines whose answers lie in it completely. */
export function fillBatch(
  random: Random,
  split: Split,
  batch: BatchTarget,
  windowTokens: number,
  questionWeight: number,
  shares: Shares = SHARES,
): PlacedLine[] {
  const placed: PlacedLine[] = []
  for (let start = 0; start < batch.tokens.length; start += windowTokens) {
    let at = start
    const end = start + windowTokens
    let previous: number | null = null
    const isOpen = randomInt(random, OPEN_WINDOWS) === 0
    while (at < end) {
      const line = drawLine(random, split, shares)
      const bytes = utf8(lineText(line))
      const answerAt = utf8(promptText(line.question)).length
      const from = at
      for (const [i, byte] of bytes.entries()) {
        if (previous !== null && at < end) {
          batch.tokens[at] = previous
          batch.targets[at] = byte
          batch.weights[at] = i < answerAt ? questionWeight : 1
          batch.first[at] = isOpen || from === start ? 0 : from - start
          at++
        }
        previous = byte
      }
      // The first line of a window has no row that predicts its first byte.
      const first = from === start ? from - 1 : from
      if (first + bytes.length <= end) placed.push({ line, from: first + answerAt, to: first + bytes.length })
    }
  }
  return placed
}

/** A window of held-out text; bytes of answers weigh 1, those of questions 0. */
export function heldOutWindow(random: Random, windowTokens: number): BatchTarget {
  const batch = {
    tokens: new Int32Array(windowTokens),
    targets: new Int32Array(windowTokens),
    weights: new Float32Array(windowTokens),
    first: new Int32Array(windowTokens),
  }
  fillBatch(random, 'heldOut', batch, windowTokens, 0)
  return batch
}
