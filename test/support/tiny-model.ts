// A model of a few thousand random weights as an exact model file, and any bytes as content that a job can name.
import { type ContentLayout, contentId, partCount, partSpan } from '#core/content.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { ModelCard } from '#model/card.ts'
import { convertLlama } from '#model/convert/llama.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import type { HeldContent } from './certified-job.ts'

/** Sizes of the model: bytes as tokens, a context of 256. */
export const TINY_CONFIG: LlamaConfig = {
  architecture: 'llama',
  vocabulary: 256,
  width: 32,
  hidden: 48,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  epsilon: 1e-5,
  theta: 10_000,
  maxPositions: 256,
  isTied: true,
}

/** The file of the model whose weights come from `seed`. */
export async function tinyModelFile(seed: string, endTokens: readonly number[] = []): Promise<Uint8Array<ArrayBuffer>> {
  const read = async (name: string, shape: readonly number[]) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    const bytes = new Int8Array(seededRandom(`${seed}/${name}`).bytes(count).buffer)
    const isGain = shape.length === 1
    return Float32Array.from(bytes, (byte) => (isGain ? 1 + byte / 1024 : byte / 256))
  }
  const weights = await convertLlama(TINY_CONFIG, { read, readOptional: async () => null })
  return encodeExactModel({ card: { ...byteCard(`tiny-${seed}`), endTokens }, weights })
}

/** What the file of a made-up model says of itself: its tokens are bytes. */
export function byteCard(name: string): ModelCard {
  return {
    name,
    architecture: 'llama',
    tokenizer: 'bytes',
    tokenizerJson: '',
    chatTemplate: '',
    beginToken: null,
    endTokens: [],
    sources: {},
    rope: {},
    calibration: null,
  }
}

/** Bytes as a blob with the parts that prove it. */
export function holdBlob(bytes: Uint8Array<ArrayBuffer>): HeldContent {
  const layout: ContentLayout = { form: 'blob', sizeBytes: bytes.length }
  const parts = Array.from({ length: partCount(layout) }, (_, index) => {
    const { offset, length } = partSpan(layout, index)
    return bytes.slice(offset, offset + length)
  })
  const leaves = parts.map((part) => leafDigest(part))
  return { ref: { id: contentId(layout, leaves), layout }, parts, leaves }
}
