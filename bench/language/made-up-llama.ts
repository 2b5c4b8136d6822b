// Llamas of random weights, made from a seed wherever they are needed. Every weight is an int8 times a power of two, and every block of 32 has
// one of ±127: floats, Q8_0 blocks and int8 rows hold the very same weights, so that peers differ in arithmetic alone.
import type { FloatTensors } from '#model/convert/llama.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import type { GgufVocabulary } from '#model/formats/gguf.fixture.ts'

/** 25,698,816 parameters and gains: a tied vocabulary of 4,096, and 8 layers of 2.9 million. The sizes are those of bench/lib/language-shape.ts. */
export const SMALL_LLAMA: LlamaConfig = {
  architecture: 'llama',
  vocabulary: 4096,
  width: 512,
  hidden: 1408,
  layers: 8,
  heads: 8,
  kvHeads: 4,
  headDim: 64,
  epsilon: 1e-5,
  theta: 10_000,
  maxPositions: 2048,
  isTied: true,
}

/** A billion parameters, for GPUs: 16 layers of width 2,048. */
export const LARGE_LLAMA: LlamaConfig = {
  ...SMALL_LLAMA,
  vocabulary: 32_000,
  width: 2048,
  hidden: 8192,
  layers: 16,
  heads: 32,
  kvHeads: 8,
}

/** Every weight is a multiple of 2^-11: about 1/sqrt(512) on average. */
const WEIGHT_STEP = 2 ** -11

/** Weights in a block of Q8_0. */
const BLOCK = 32

/** The tensors of a made-up model by their Hugging Face names: any shape, the same values for the same seed and name. */
export function madeUpTensors(
  seed: string,
  architecture: LlamaConfig['architecture'] = SMALL_LLAMA.architecture,
): FloatTensors {
  const read = async (name: string, shape: readonly number[]) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    if (shape.length > 1) return madeUpMatrix(`${seed}/${name}`, count)
    return name.endsWith('.bias')
      ? madeUpVector(`${seed}/${name}`, count, 0)
      : madeUpVector(`${seed}/${name}`, count, 1)
  }
  const isThere = (name: string) => {
    if (name.endsWith('.bias')) return architecture === 'qwen2'
    return architecture === 'qwen3' || !/[qk]_norm/.test(name)
  }
  return { read, readOptional: async (name, shape) => (isThere(name) ? read(name, shape) : null) }
}

/** `count` tokens of a vocabulary, drawn from a seed. */
export function madeUpTokens(seed: string, count: number, vocabulary: number): number[] {
  const random = wordsOf(seed)
  return Array.from({ length: count }, () => random() % vocabulary)
}

/** A vocabulary in which every token is a special one of its own: for libraries that want one. */
export function madeUpVocabulary(size: number): GgufVocabulary {
  const tokens = Array.from({ length: size }, (_, i) => `<|${i}|>`)
  return { tokens, merges: [], pre: 'gpt-2', types: new Int32Array(size).fill(3), end: size - 1 }
}

function madeUpMatrix(seed: string, count: number): Float32Array<ArrayBuffer> {
  const random = wordsOf(seed)
  const values = new Float32Array(count)
  for (let at = 0; at < count; at += 4) {
    const word = random()
    for (let i = 0; i < 4; i++) values[at + i] = ((((word >>> (8 * i)) & 255) % 255) - 127) * WEIGHT_STEP
  }
  for (let at = 0; at < count; at += BLOCK) {
    const word = random()
    values[at + (word % BLOCK)] = (word & BLOCK ? 127 : -127) * WEIGHT_STEP
  }
  return values
}

/** Values around `middle`, an eighth to either side. */
function madeUpVector(seed: string, count: number, middle: number): Float32Array<ArrayBuffer> {
  const random = wordsOf(seed)
  return Float32Array.from({ length: count }, () => middle + ((random() & 255) - 128) / 1024)
}

/** Words of 32 bits by xorshift, from an FNV-1a hash of `seed`. */
function wordsOf(seed: string): () => number {
  let state = 0x811c9dc5
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193)
  state ||= 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
