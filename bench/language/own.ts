// Our own side of the language benchmarks: the made-up model on a backend, greedy texts, and their check by one prefill.
import { convertLlama } from '#model/convert/llama.ts'
import { generate, openConversation, prefillDigests } from '#model/generate.ts'
import { forward } from '#model/transformer.ts'
import { argmax } from '#tensor/exact/logits.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { median } from '../lib/median.ts'
import type { Contender } from './contender.ts'
import { SMALL_LLAMA, madeUpTensors } from './made-up-llama.ts'

/** Everything made up comes from it. */
export const SEED = 'bench'

/** Positions of the contexts that are opened. */
export const POSITIONS = 1024

/** Milliseconds that generating and checking a text took, and their ratio. */
type RoundTimes = { readonly generateMs: number; readonly checkMs: number; readonly ratio: number }

/** Medians of rounds, for texts of `count` tokens. */
export type CheckTimes = RoundTimes & { readonly count: number }

/** The small made-up model in integers. */
export async function smallWeights(): Promise<ModelWeights> {
  return convertLlama(SMALL_LLAMA, madeUpTensors(SEED))
}

/** The model as a contender. */
export function ourContender(name: string, model: DeviceModel): Contender {
  const cache = model.openCache(POSITIONS)
  return {
    name,
    async feed(tokens) {
      await forward(model, [{ cache, tokens }], 'last')
    },
    clear: async () => cache.truncate(0),
  }
}

/** Logits of every position of `tokens`. */
export async function allLogits(model: DeviceModel, tokens: readonly number[]): Promise<readonly Int32Array[]> {
  const cache = model.openCache(tokens.length)
  const { logits } = await forward(model, [{ cache, tokens }], 'all')
  cache.close()
  return logits
}

/** Generates `count` tokens greedily and checks them with one prefill, round by round. Throws when a check finds anything else. */
export async function checkTimes(
  model: DeviceModel,
  prompt: readonly number[],
  count: number,
  rounds: number,
): Promise<CheckTimes> {
  const times: RoundTimes[] = []
  for (let round = 0; round < rounds; round++) times.push(await generateAndCheck(model, prompt, count))
  const middle = (of: keyof RoundTimes) => median(times.map((time) => time[of]))
  return { count, generateMs: middle('generateMs'), checkMs: middle('checkMs'), ratio: middle('ratio') }
}

async function generateAndCheck(model: DeviceModel, prompt: readonly number[], count: number): Promise<RoundTimes> {
  const conversation = openConversation(model, prompt.length + count)
  let startMs = performance.now()
  const { positions, tokens } = await generate(model, conversation, {
    prompt,
    maxTokens: count,
    endTokens: new Set(),
  })
  const generateMs = performance.now() - startMs
  conversation.cache.close()
  startMs = performance.now()
  const choices: number[] = []
  const fed = [...prompt, ...tokens.slice(0, -1)]
  const choose = (_: number, logits: Int32Array) => choices.push(argmax(logits))
  const digests = await prefillDigests(model, fed, choose, undefined, prompt.length - 1)
  const checkMs = performance.now() - startMs
  const isSame = (a: readonly unknown[], b: readonly unknown[]) =>
    a.length === b.length && a.every((x, i) => x === b[i])
  if (tokens.length !== count || !isSame(choices, tokens) || !isSame(digests, positions))
    throw new Error(`The check of ${count} tokens found other tokens or digests than the generation.`)
  return { generateMs, checkMs, ratio: checkMs / generateMs }
}

/** Throws unless both commit to the same digests, prefilled and decoded. */
export async function assertSameLeaves(
  model: DeviceModel,
  other: DeviceModel,
  tokens: readonly number[],
): Promise<void> {
  const leaves = async (device: DeviceModel) => {
    const cache = device.openCache(tokens.length + 1)
    const first = await forward(device, [{ cache, tokens }], 'none')
    const next = await forward(device, [{ cache, tokens: [7] }], 'none')
    cache.close()
    return [first.leaves, next.leaves].flat(2).join(' ')
  }
  if ((await leaves(model)) !== (await leaves(other))) throw new Error('Two backends commit to different digests.')
}
