// The trained model's integers as floats in llama.cpp: the same next tokens, but where two candidates are as good as equal.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { seededRandom } from '#core/random.ts'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import { convertLlama } from '#model/convert/llama.ts'
import { parseExactModel } from '#model/exact-file.ts'
import { type LlamaConfig, parseLlamaConfig } from '#model/formats/config.ts'
import { type GgufWritable, byteVocabulary, encodeLlamaGguf } from '#model/formats/gguf.fixture.ts'
import { forward } from '#model/transformer.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { type Agreement, type Candidate, compareChoices } from '../../bench/language/agreement.ts'
import { SMALL_LLAMA, madeUpTensors, madeUpTokens, madeUpVocabulary } from '../../bench/language/made-up-llama.ts'
import { type LlamaCpp, bestByPosition, openLlamaCpp } from '../../bench/page/peers/wllama.ts'
import record from '../../models/commonwatt-tiny.json' with { type: 'json' }
import { fillBatch } from '../../training/batches.ts'
import { dequantisedTensors } from '../support/dequantised.ts'
import { TINY_MODEL } from '../support/golden-model.ts'
import golden from '../vectors/golden.json' with { type: 'json' }

const POSITIONS = 2016
const WINDOW = 96
const CONTEXT = 192

/** Sizes and context of models whose weights are random: their best candidates are often close. */
const MADE_UP_SIZES = { vocabulary: 1024, width: 128, hidden: 256, layers: 3, heads: 4, kvHeads: 2, headDim: 32 }
const MADE_UP_POSITIONS = 512

/** What activations of 16 bits and keys of 8 may move the distance of two candidates, in nats: measured are 0.005. */
const WIDEST_ERROR = 0.02

/** The end of a line ends a text. */
const END = 10

/** Candidates of the peer in which our choice is looked for. */
const CANDIDATES = 16

const file = new Uint8Array(await (await fetch(TINY_MODEL)).arrayBuffer())
const { weights } = await parseExactModel(bytesSource(file))
const backend = openWasmLanguageBackend(await loadKernels())
const model = await backend.load(weights)

async function openPeer(): Promise<LlamaCpp> {
  const config = parseLlamaConfig(record.config)
  const tensors = dequantisedTensors(weights)
  const gguf = await encodeLlamaGguf({ config, tensors, type: 'F32', tokenizer: byteVocabulary(END) })
  return openLlamaCpp(gguf, { positions: CONTEXT, cacheType: 'f32' })
}

/** Held-out text in windows that each begin anew. */
function windows(): number[][] {
  const random = seededRandom('llama.cpp')
  const batch = {
    tokens: new Int32Array(POSITIONS),
    targets: new Int32Array(POSITIONS),
    weights: new Float32Array(POSITIONS),
    first: new Int32Array(POSITIONS),
  }
  fillBatch(random, 'heldOut', batch, WINDOW, 0)
  return Array.from({ length: POSITIONS / WINDOW }, (_, i) =>
    Array.from(batch.tokens.subarray(i * WINDOW, (i + 1) * WINDOW)),
  )
}

/** Continues `prompt` by the peer's first choices. */
async function greedyText(peer: LlamaCpp, prompt: readonly number[]): Promise<{ tokens: number[]; gaps: number[] }> {
  await peer.clear()
  await peer.feed(prompt)
  const text = { tokens: [] as number[], gaps: [] as number[] }
  for (;;) {
    const [best, second] = await peer.best(2)
    if (best === undefined || best.token === END || text.tokens.length === 64) return text
    text.tokens.push(best.token)
    text.gaps.push(best.logProbability - (second?.logProbability ?? Number.NEGATIVE_INFINITY))
    await peer.feed([best.token])
  }
}

/** Both sides on the same texts, each from an empty context. */
async function compare(device: DeviceModel, peer: LlamaCpp, texts: readonly number[][]): Promise<Agreement> {
  const ours: Int32Array[] = []
  const theirs: (readonly Candidate[])[] = []
  for (const tokens of texts) {
    const cache = device.openCache(tokens.length)
    ours.push(...(await forward(device, [{ cache, tokens }], 'all')).logits)
    cache.close()
    await peer.clear()
    theirs.push(...(await bestByPosition(peer, tokens, CANDIDATES)))
  }
  return compareChoices(ours, theirs)
}

function describeAgreement({ agreeing, error, gaps, positions, widestError }: Agreement): string {
  const apart = gaps.map((gap) => gap.toFixed(4)).join(', ')
  return [
    `the same next token at ${agreeing} of ${positions} positions`,
    `the distance between the two best differs by ${error.toFixed(4)} (rms), ${widestError.toFixed(4)} at most`,
    `where the token differs they are ${apart || 'never'} apart`,
  ].join('; ')
}

describe('models/commonwatt-tiny in llama.cpp, F32', async () => {
  const peer = await openPeer()
  const agreement = await compare(model, peer, windows())

  test('behaviour: at least 99% of 2,000 next tokens are the same, others closer than quantisation moves them elsewhere', () => {
    console.log(describeAgreement(agreement))
    expect(agreement.positions).toBeGreaterThanOrEqual(2000)
    expect(agreement.agreeing / agreement.positions).toBeGreaterThanOrEqual(0.99)
    for (const gap of agreement.gaps) expect(gap).toBeLessThanOrEqual(agreement.widestError)
  })

  test.each(golden.cases.filter(({ temperature }) => temperature === 0))(
    'behaviour: the same text after $prompt, or its first difference is as close',
    async ({ prompt, tokens }) => {
      const text = await greedyText(peer, [...utf8(prompt)])
      const at = text.tokens.findIndex((token, i) => token !== tokens[i])
      if (at < 0) return expect(text.tokens).toEqual(tokens)
      console.log(
        `"${fromUtf8(Uint8Array.from(text.tokens))}" differs from "${fromUtf8(Uint8Array.from(tokens))}" at token ${at}, gap ${text.gaps[at]?.toFixed(4)}`,
      )
      expect(text.gaps[at]).toBeLessThanOrEqual(agreement.widestError)
    },
  )
})

/** Architectures of the same sizes, and rotations that are stretched. */
const MADE_UP: readonly (Partial<LlamaConfig> & { name: string; metadata?: Record<string, GgufWritable> })[] = [
  { name: 'Llama', architecture: 'llama' },
  { name: 'Llama with an untied head', architecture: 'llama', isTied: false },
  {
    name: 'Llama with rotations four times slower',
    architecture: 'llama',
    ropeScaling: { type: 'linear', factor: 4 },
    metadata: { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': { f32: 4 } },
  },
  { name: 'Qwen2', architecture: 'qwen2' },
  { name: 'Qwen3', architecture: 'qwen3' },
]

describe.each(MADE_UP)('made-up weights of a $name in llama.cpp, F32', ({ name, metadata = {}, ...change }) => {
  test('behaviour: the same next tokens, but where the two best are closer than quantisation moves them elsewhere', async () => {
    const config = { ...SMALL_LLAMA, ...MADE_UP_SIZES, ...change }
    const tensors = madeUpTensors('llama.cpp', config.architecture)
    const tokenizer = madeUpVocabulary(config.vocabulary)
    const gguf = await encodeLlamaGguf({ config, tensors, type: 'F32', tokenizer, metadata })
    const peer = await openLlamaCpp(gguf, { positions: MADE_UP_POSITIONS, cacheType: 'f32' })
    const converted = await backend.load(await convertLlama(config, tensors))
    const text = madeUpTokens('llama.cpp', MADE_UP_POSITIONS, config.vocabulary)
    const agreement = await compare(converted, peer, [text])
    console.log(`${name}: ${describeAgreement(agreement)}`)
    expect(agreement.agreeing / agreement.positions).toBeGreaterThanOrEqual(0.99)
    expect(agreement.widestError).toBeLessThanOrEqual(WIDEST_ERROR)
    for (const gap of agreement.gaps) expect(gap).toBeLessThanOrEqual(agreement.widestError)
    await peer.close()
  })
})
