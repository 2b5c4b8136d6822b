// Chooses how many fraction bits the residual has, by running the integer model over a fixed text, and measures the model that results.
// Everything found is an integer that any backend finds again.
import { bitLengthBig, floorDivide } from '#tensor/exact/fixed.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel, LanguageBackend } from '#tensor/language-backend.ts'
import type { Calibration } from '#model/card.ts'
import { UnsupportedModelError } from '#model/formats/unsupported.ts'
import { tokenLoss } from '#model/likelihood.ts'
import { forward } from '#model/transformer.ts'
import { CALIBRATION_TEXT } from './calibration-text.ts'
import { quantiseEpsilon } from './quantise.ts'

/** Tokens of the text that are run: enough to meet what makes activations massive, few enough to take seconds. */
export const CALIBRATION_POSITIONS = 256

/** Other text may drive the residual this many octaves past the largest seen: eight times as far. */
export const MARGIN_BITS = 3

/** Fewest and most fraction bits of a residual. */
const MIN_FRACTION_BITS = 10
const MAX_FRACTION_BITS = 16

/** Fraction bits that are not tried: a residual below 2^6 needs no closer look, and every epsilon still has 64 bits with one less. */
const QUIET_FRACTION_BITS = 25

/** Values cut elsewhere than at the residual differ by less than one in this many when the residual is rounded in another place. */
const ROUNDING_SHARE = 64

/** Rows of one step: their logits are in memory at once. */
const STEP_ROWS = 32

/** What a calibration needs besides weights. `epsilon` is the float model's. */
export type CalibrationOptions = {
  readonly backend: LanguageBackend
  readonly tokens: readonly number[]
  readonly epsilon: number
  readonly signal?: AbortSignal | undefined
  /** Called after each run over the text. */
  readonly onRun?: (() => void) | undefined
  /** Called in the last run with the logits (V) after token `i`. */
  readonly onLogits?: ((logits: Int32Array, i: number) => void) | undefined
}

/** What is found; {@link Calibration} without what the weights alone tell. */
export type Calibrated = { readonly weights: ModelWeights; readonly found: Omit<Calibration, 'weightErrors'> }

/**
 * Chooses the fraction bits F of the residual. At f fraction bits a residual of 2^(30-f) is cut, and cut values are counted: so the largest f
 * that cuts about as many as 10 bits do tells the largest residual to a power of two, by bisection. The embedding, whose rows are all known, sets
 * the upper end. F leaves a margin of three octaves, within 10..16. Throws {@link UnsupportedModelError} when the embedding alone is beyond that.
 */
export async function calibrate(weights: ModelWeights, options: CalibrationOptions): Promise<Calibrated> {
  let [fits, cuts] = [MIN_FRACTION_BITS, Math.min(QUIET_FRACTION_BITS, 31 - embeddingBits(weights))]
  if (fits >= cuts)
    throw new UnsupportedModelError(`its embedding holds values of 2^${30 - MIN_FRACTION_BITS} and more`)
  const cutAt = async (fractionBits: number) =>
    (await run(withFractionBits(weights, fractionBits, options.epsilon), options, 'none')).saturated
  const elsewhere = await cutAt(MIN_FRACTION_BITS) // cut at gates, scores and logits, a few more or less as other roundings go
  const allowed = elsewhere + Math.ceil(elsewhere / ROUNDING_SHARE)
  while (cuts - fits > 1) {
    const middle = Math.floor((fits + cuts) / 2)
    if ((await cutAt(middle)) <= allowed) fits = middle
    else cuts = middle
  }
  const fractionBits = Math.max(MIN_FRACTION_BITS, Math.min(MAX_FRACTION_BITS, fits - MARGIN_BITS))
  const chosen = withFractionBits(weights, fractionBits, options.epsilon)
  const { saturated, loss } = await run(chosen, options, 'all')
  const positions = options.tokens.length
  const predicted = Math.max(1, positions - 1)
  const milliBits = floorDivide(loss * 1000 + predicted * 32_768, predicted * 65_536)
  return {
    weights: chosen,
    found: { text: CALIBRATION_TEXT, positions, residualBits: 30 - fits, saturated, milliBits },
  }
}

/** Most runs of a calibration. */
export const CALIBRATION_RUNS = 6

/** The same weights with another fraction of the residual. */
export function withFractionBits(weights: ModelWeights, fractionBits: number, epsilon: number): ModelWeights {
  const shape = { ...weights.shape, fractionBits }
  return { ...weights, shape, epsilon: quantiseEpsilon(epsilon, shape.width, fractionBits) }
}

/** Smallest b with every value of the embedding below 2^b; a row's largest value is 127·m·2^-e. */
function embeddingBits({ embedding: { m, e } }: ModelWeights): number {
  return m.reduce((most, scale, row) => Math.max(most, bitLengthBig(BigInt(127 * scale)) - (e[row] ?? 0)), -64)
}

/** One pass over the tokens: how many values were cut, and with logits the loss of all but the first token in Q16 bits. */
async function run(
  weights: ModelWeights,
  options: CalibrationOptions,
  logits: 'none' | 'all',
): Promise<{ saturated: number; loss: number }> {
  const { backend, signal, onRun } = options
  signal?.throwIfAborted()
  const model = await backend.load(weights, signal === undefined ? {} : { signal })
  try {
    return await runModel(model, options, logits)
  } finally {
    await model.close()
    onRun?.()
  }
}

async function runModel(
  model: DeviceModel,
  { tokens, signal, onLogits }: CalibrationOptions,
  logits: 'none' | 'all',
): Promise<{ saturated: number; loss: number }> {
  const cache = model.openCache(tokens.length)
  let [saturated, loss] = [0, 0]
  for (let at = 0; at < tokens.length; at += STEP_ROWS) {
    signal?.throwIfAborted()
    const output = await forward(model, [{ cache, tokens: tokens.slice(at, at + STEP_ROWS) }], logits)
    saturated += output.saturated
    for (const [i, row] of output.logits.entries()) {
      onLogits?.(row, at + i)
      const next = tokens[at + i + 1]
      if (next !== undefined) loss += tokenLoss(row, next)
    }
  }
  cache.close()
  return { saturated, loss }
}
