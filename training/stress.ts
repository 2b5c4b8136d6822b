// Measures what hurts integers on the trained model: node training/stress.ts [--positions N] [--case NAME]. Every case is converted and calibrated like a
// model of anybody's, then compared with its own float64 reference, teacher-forced; cut values are counted.
import { parseArgs } from 'node:util'
import { utf8 } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { CALIBRATION_POSITIONS, calibrate } from '#model/convert/calibrate.ts'
import { calibrationText } from '#model/convert/calibration-text.ts'
import { convertLlama, defaultProfile } from '#model/convert/llama.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { type Position, comparePositions, summary } from './agreement.ts'
import { heldOutWindow } from './batches.ts'
import { RECIPE } from './config.ts'
import { readFloatModel } from './float-model.ts'
import { OUTPUT } from './kernels.ts'
import { mergeSection } from './record.ts'
import { loadFloatModel } from '#model/convert/float-forward.ts'
import {
  type FloatSource,
  withKeyBias,
  withLoudHidden,
  withLoudNormed,
  withMassiveToken,
  withOutliers,
  withSink,
} from './stress-models.ts'

const { values } = parseArgs({ options: { positions: { type: 'string' }, case: { type: 'string' } } })
const positions = Number(values.positions ?? 3000)
const SINK_POSITIONS = 8192
const NEWLINE = 10

type Case = {
  readonly source: FloatSource
  readonly windowTokens: number
  readonly positions: number
  readonly keyBits?: ActivationBits
  /** Put in front of every window. */
  readonly first?: number
}

const backend = openWasmLanguageBackend(await loadKernels())
const trained: FloatSource = await readFloatModel(OUTPUT)
const text = { windowTokens: RECIPE.windowTokens, positions }
const oneLayer = { ...trained, config: { ...trained.config, layers: 1, maxPositions: SINK_POSITIONS } }
const CASES: Readonly<Record<string, Case>> = {
  asTrained: { source: trained, ...text },
  outliersX8: { source: withOutliers(trained, 8), ...text },
  outliersX32: { source: withOutliers(trained, 32), ...text },
  loudHiddenChannelX2000: { source: withLoudHidden(trained, [5], 2000), ...text },
  loudNormedChannelX2000: { source: withLoudNormed(trained, [7], 2000), ...text },
  keyBiasOf900: { source: withKeyBias(trained, 900), ...text },
  keyBiasOf900WithInt8Keys: { source: withKeyBias(trained, 900), ...text, keyBits: 8 },
  residualOf12000: { source: withMassiveToken(trained, NEWLINE, 12_000), ...text },
  sinkAt8192Tokens: {
    source: withSink(oneLayer, 10),
    windowTokens: SINK_POSITIONS,
    positions: SINK_POSITIONS,
    first: 0,
  },
}

const results: Record<string, unknown> = {}
for (const [name, each] of Object.entries(CASES)) {
  if (values.case !== undefined && values.case !== name) continue
  results[name] = await measure(each)
  console.log(name, JSON.stringify(results[name]))
}
await mergeSection('stress', results)

async function measure({ source, windowTokens, positions: count, keyBits, first }: Case) {
  const { config, tensors } = source
  const profile = defaultProfile(config)
  const converted = await convertLlama(config, tensors, {
    profile: { ...profile, keyBits: keyBits ?? profile.keyBits },
  })
  const calibration = [...utf8(calibrationText())].slice(0, CALIBRATION_POSITIONS)
  const { weights, found } = await calibrate(converted, { backend, tokens: calibration, epsilon: config.epsilon })
  const model = await backend.load(weights)
  const reference = await loadFloatModel(config, tensors)
  const random = seededRandom(`${RECIPE.seed}/stress`)
  const all: Position[] = []
  let saturated = 0
  while (all.length < count) {
    const window = heldOutWindow(random, windowTokens)
    const tokens = [...window.tokens]
    if (first !== undefined) tokens[0] = first
    const compared = await comparePositions(model, reference, tokens, window.targets)
    saturated += compared.saturated
    all.push(...compared.positions)
  }
  await model.close()
  return {
    fractionBits: weights.shape.fractionBits,
    residualBits: found.residualBits,
    saturatedOnCalibrationText: found.saturated,
    saturated,
    ...summary(all),
  }
}
