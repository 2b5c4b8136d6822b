// Our own side of the language benchmarks: the made-up model on a backend, greedy texts, and their check by one prefill.
import { convertLlama } from '#model/convert/llama.ts'
import { generate, openConversation, prefillDigests } from '#model/generate.ts'
import { forward } from '#model/transformer.ts'
import { argmax } from '#tensor/exact/logits.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import type { Contender } from './contender.ts'
import { SMALL_LLAMA, madeUpTensors } from './made-up-llama.ts'

/** Everything made up comes from it. */
export const SEED = 'bench'

/** Positions of the contexts that are opened. */
export const POSITIONS = 1024

/** A text that was generated and one that was checked, in milliseconds. */
export type CheckTimes = { readonly generateMs: number; readonly checkMs: number }

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

/** Generates `count` tokens greedily and checks them with one prefill. Throws when the check finds anything else. */
export async function generateAndCheck(
  model: DeviceModel,
  prompt: readonly number[],
  count: number,
): Promise<CheckTimes> {
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
  const digests = await prefillDigests(model, [...prompt, ...tokens.slice(0, -1)], (position, logits) => {
    if (position >= prompt.length - 1) choices.push(argmax(logits))
  })
  const checkMs = performance.now() - startMs
  const isSame = (a: readonly unknown[], b: readonly unknown[]) =>
    a.length === b.length && a.every((x, i) => x === b[i])
  if (tokens.length !== count || !isSame(choices, tokens) || !isSame(digests, positions))
    throw new Error(`The check of ${count} tokens found other tokens or digests than the generation.`)
  return { generateMs, checkMs }
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
