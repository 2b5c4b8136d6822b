// Trains the small model: node training/train.ts [--steps N] [--fresh]. Resumes from dist/training; every 100 steps it can be stopped.
import { appendFile, rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '#core/random.ts'
import { type PlacedLine, fillBatch, stepRandom } from './batches.ts'
import { encodeFloatModel, encodeState, readState, writeWhole } from './checkpoint.ts'
import { CONFIG, CONFIG_JSON, RECIPE } from './config.ts'
import { Arena, OUTPUT, type TrainingKernels, loadTrainingKernels } from './kernels.ts'
import { type TrainableLlama, createLlama } from './llama.ts'
import { type Parameters, createParameters, initialise } from './parameters.ts'
import { LATE_SHARES, SHARES, TASKS } from './world.ts'

const STATE = new URL('state.safetensors', OUTPUT)
const LOG = new URL('log.jsonl', OUTPUT)
const SAVE_EVERY = 100
const EVALUATE_EVERY = 250
const EVALUATION_BATCHES = 6

const { values } = parseArgs({ options: { steps: { type: 'string' }, fresh: { type: 'boolean' } } })
const steps = Number(values.steps ?? RECIPE.steps)

const kernels = await loadTrainingKernels()
const arena = new Arena(kernels)
const parameters = createParameters(CONFIG, arena)
const llama = createLlama(CONFIG, RECIPE, parameters, kernels, arena)
if (values.fresh === true) await Promise.all([STATE, LOG].map((url) => rm(url, { force: true })))
const startStep = await restore()
let [loss, since, sinceStep] = [0, performance.now(), startStep]
for (let step = startStep; step < steps; step++) {
  loss += trainStep(step)
  const done = step + 1
  if (done % 50 === 0) {
    const tokensPerSecond = Math.round(((done - sinceStep) * llama.tokens.length * 1000) / (performance.now() - since))
    await log({ step: done, loss: Number((loss / (done - sinceStep)).toFixed(4)), tokensPerSecond })
    ;[loss, since, sinceStep] = [0, performance.now(), done]
  }
  if (done % EVALUATE_EVERY === 0 || done === steps) await log({ step: done, ...evaluate() })
  if (done % SAVE_EVERY === 0 || done === steps) await save(done)
}

function trainStep(step: number): number {
  const random = stepRandom(RECIPE.seed, 'train', step)
  const shares = step < steps - RECIPE.decaySteps ? SHARES : LATE_SHARES
  fillBatch(random, 'train', llama, RECIPE.windowTokens, RECIPE.questionWeight, shares)
  const batchLoss = llama.forward()
  llama.backward()
  optimise(kernels, parameters, step)
  return batchLoss
}

/** AdamW; gains do not decay. */
function optimise(k: TrainingKernels, { start, count, matrixCount }: Parameters, step: number): void {
  const norm = Math.sqrt(k.sumOfSquares(start.gradients, count))
  const clip = norm > RECIPE.clipNorm ? RECIPE.clipNorm / norm : 1
  const rate = learningRate(step)
  const corrections = [1 - power(RECIPE.beta1, step + 1), 1 - power(RECIPE.beta2, step + 1)] as const
  const update = (from: number, length: number, decay: number) =>
    k.adamw(
      start.weights + 4 * from,
      start.gradients + 4 * from,
      start.mean + 4 * from,
      start.square + 4 * from,
      length,
      rate,
      RECIPE.beta1,
      RECIPE.beta2,
      decay,
      clip,
      ...corrections,
    )
  update(0, matrixCount, RECIPE.weightDecay)
  update(matrixCount, count - matrixCount, 0)
  arena.f32(start.gradients, count).fill(0)
}

/** A warm-up, a plateau, and a straight line down: the run's length can be chosen late. No cosine, whose last bit differs between engines. */
function learningRate(step: number): number {
  const { peakRate, finalRate, warmupSteps, decaySteps } = RECIPE
  if (step < warmupSteps) return (peakRate * (step + 1)) / warmupSteps
  return finalRate + (peakRate - finalRate) * Math.min(1, (steps - step) / decaySteps)
}

/** base^exponent by multiplying, which repeats everywhere. */
function power(base: number, exponent: number): number {
  let product = 1
  for (let i = 0; i < exponent; i++) product *= base
  return product
}

/** Loss of held-out answers, and the share of each task's answers whose every byte is the likeliest. */
function evaluate(): Record<string, number> {
  let sum = 0
  const right = new Map<string, number>()
  const seen = new Map<string, number>()
  for (let batch = 0; batch < EVALUATION_BATCHES; batch++) {
    const placed = fillBatch(stepRandom(RECIPE.seed, 'heldOut', batch), 'heldOut', llama, RECIPE.windowTokens, 0)
    sum += llama.forward()
    for (const answer of placed) {
      const { task } = answer.line
      seen.set(task, (seen.get(task) ?? 0) + 1)
      if (isRight(llama, answer)) right.set(task, (right.get(task) ?? 0) + 1)
    }
  }
  const shares = TASKS.filter((task) => seen.has(task)).map((task) => [
    task,
    Number(((right.get(task) ?? 0) / (seen.get(task) ?? 1)).toFixed(3)),
  ])
  return { heldOutLoss: Number((sum / EVALUATION_BATCHES).toFixed(4)), ...Object.fromEntries(shares) }
}

function isRight({ best, targets }: TrainableLlama, { from, to }: PlacedLine): boolean {
  for (let row = from; row < to; row++) if (best[row] !== targets[row]) return false
  return true
}

async function restore(): Promise<number> {
  const run = (at: number) => arena.f32(at, parameters.count)
  const { start, tensors } = parameters
  const state = await readState(STATE)
  if (state === null) {
    initialise(CONFIG, tensors, run(start.weights), seededRandom(`${RECIPE.seed}/initial`))
    return 0
  }
  run(start.weights).set(state.weights)
  run(start.mean).set(state.mean)
  run(start.square).set(state.square)
  return state.step
}

async function save(step: number): Promise<void> {
  const run = (at: number) => arena.f32(at, parameters.count).slice()
  const { start, tensors } = parameters
  const weights = run(start.weights)
  await writeWhole(STATE, encodeState({ step, weights, mean: run(start.mean), square: run(start.square) }))
  await writeWhole(new URL('model.safetensors', OUTPUT), encodeFloatModel(tensors, weights))
  await writeWhole(new URL('config.json', OUTPUT), JSON.stringify(CONFIG_JSON, null, 2))
}

async function log(entry: Record<string, number>): Promise<void> {
  const line = JSON.stringify(entry)
  console.log(line)
  await appendFile(LOG, `${line}\n`)
}
