// A float model and what is said of it -> a whole exact model: converted, calibrated on the text that is the same everywhere, and measured.
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import type { ModelCard } from '#model/card.ts'
import type { ExactModel } from '#model/exact-file.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { openTokenizer } from '#model/tokenizers/open.ts'
import { CALIBRATION_POSITIONS, CALIBRATION_RUNS, calibrate } from './calibrate.ts'
import { calibrationText } from './calibration-text.ts'
import { FloatComparer, type FloatComparison } from './compare-floats.ts'
import { type FloatTensors, convertLlama, ropeOf } from './llama.ts'
import { describeRope } from './rope.ts'
import { assertAllRead } from './unread.ts'

/** What a source says of itself besides sizes and weights. */
export type SourceCard = Omit<ModelCard, 'architecture' | 'rope' | 'calibration'>

/** Options of a conversion. */
export type ConvertOptions = {
  /** What the integers run on while they are calibrated; the reference by default, which takes long for models of millions of weights. */
  readonly backend?: LanguageBackend | undefined
  readonly signal?: AbortSignal | undefined
  /** Layers converted and runs over the text, of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /** Called with what quantising cost, when the model is small enough to run in doubles. Left out, nothing is compared. */
  readonly onCompared?: ((comparison: FloatComparison) => void) | undefined
}

/** Converts and calibrates. The same source gives the same model on any machine and backend. */
export async function convertModel(
  config: LlamaConfig,
  tensors: FloatTensors,
  card: SourceCard,
  { backend = openCpuLanguageBackend(), signal, onProgress, onCompared }: ConvertOptions = {},
): Promise<ExactModel> {
  const total = config.layers + CALIBRATION_RUNS
  const weightErrors: Record<string, number> = {}
  const converted = await convertLlama(config, tensors, {
    onLayer(done) {
      signal?.throwIfAborted()
      onProgress?.(done, total)
    },
    onMatrix: (name, errorPpm) => (weightErrors[name] = errorPpm),
  })
  assertAllRead(config, tensors)
  const tokens = calibrationTokens(card, config)
  const comparer = new FloatComparer(tokens)
  let runs = 0
  const { weights, found } = await calibrate(converted, {
    backend,
    tokens,
    epsilon: config.epsilon,
    signal,
    onRun: () => onProgress?.(config.layers + ++runs, total),
    onLogits: (logits, i) => comparer.push(logits, i),
  })
  const comparison = onCompared === undefined ? null : await comparer.compare(config, tensors)
  if (comparison !== null) onCompared?.(comparison)
  onProgress?.(total, total)
  const { architecture } = config
  return {
    card: { ...card, architecture, rope: describeRope(ropeOf(config)), calibration: { ...found, weightErrors } },
    weights,
  }
}

/** The beginning of the calibration text as the model reads it. */
function calibrationTokens(card: SourceCard, { maxPositions, vocabulary }: LlamaConfig): number[] {
  const { tokenizer } = openTokenizer(card.tokenizer, card.tokenizerJson)
  const begin = card.beginToken === null ? [] : [card.beginToken]
  const tokens = [...begin, ...tokenizer.encode(calibrationText())].filter((token) => token < vocabulary)
  return tokens.slice(0, Math.min(CALIBRATION_POSITIONS, maxPositions))
}
