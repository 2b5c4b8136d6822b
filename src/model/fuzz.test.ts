// Parsers of models under random damage: whatever the bytes, an error of the kind `input` or `hostile`, quickly, and never anything else.
// COMMONWATT_FUZZ sets the cases of each parser (a million takes minutes); a small sample runs always. Seeds are printed when they fail.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { convertLlama } from './convert/llama.ts'
import { encodeExactModel, parseExactModel, readModelHeader } from './exact-file.ts'
import { parseLlamaConfig } from './formats/config.ts'
import { encodeSafetensors, openSafetensors } from './formats/safetensors.ts'
import { byteLevelTokenizer } from './tokenizer.fixture.ts'
import { keepTokenizer } from './tokenizers/hugging-face.ts'

const CASES = Number(process.env['COMMONWATT_FUZZ'] ?? 300)
const SEED = process.env['COMMONWATT_FUZZ_SEED'] ?? 'model-fuzz'

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 16,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 16,
  tie_word_embeddings: true,
}

async function modelBytes(): Promise<Uint8Array<ArrayBuffer>> {
  const read = async (name: string, shape: readonly number[]) => {
    const random = seededRandom(name)
    const length = shape.reduce((product, dim) => product * dim, 1)
    return Float32Array.from({ length }, () => (randomInt(random, 255) - 127) / 128)
  }
  const card = { name: 'fuzz', architecture: 'llama', tokenizer: 'bytes', tokenizerJson: '', chatTemplate: '' } as const
  return encodeExactModel({
    card: { ...card, beginToken: null, endTokens: [], sources: {}, rope: {}, calibration: null },
    weights: await convertLlama(parseLlamaConfig(CONFIG), { read, readOptional: async () => null }),
  })
}

const tensor = { name: 'a', dtype: 'F32', shape: [2, 3], bytes: new Uint8Array(24) } as const
const plain = encodeSafetensors([tensor, { ...tensor, name: 'b' }], { note: 'x' })
const exact = await modelBytes()
const kept = byteLevelTokenizer()

/** Damages of bytes: flips, cuts, doublings, insertions, and numbers in text made large or negative. */
function damaged(bytes: Uint8Array, random: Random, headLength: number): Uint8Array<ArrayBuffer> {
  let out = Uint8Array.from(bytes)
  const head = Math.min(out.length, headLength)
  for (let times = 1 + randomInt(random, 3); times > 0 && out.length > 0; times--) {
    const at = randomInt(random, Math.min(out.length, head) || 1)
    switch (randomInt(random, 6)) {
      case 0:
        out[at] = randomInt(random, 256)
        break
      case 1:
        out = out.slice(0, at)
        break
      case 2:
        out = Uint8Array.from([...out.subarray(0, at), ...random.bytes(1 + randomInt(random, 4)), ...out.subarray(at)])
        break
      case 3:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + 1 + randomInt(random, 8))])
        break
      case 4:
        out[at] = (out[at] ?? 0) ^ (1 << randomInt(random, 8))
        break
      default:
        out = otherNumber(out, at, random)
    }
  }
  return out
}

const NUMBERS = [
  '-1',
  '0',
  '4294967296',
  '9007199254740993',
  '1e308',
  '-0',
  '0.5',
  '99999999999999999999',
  'null',
  '[[[[]]]]',
]

/** Puts another number in place of the next one at or after `at`. */
function otherNumber(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 57
  let start = at
  while (start < bytes.length && !isDigit(bytes[start])) start++
  let end = start
  while (isDigit(bytes[end])) end++
  const number = utf8(NUMBERS[randomInt(random, NUMBERS.length)] ?? '')
  return Uint8Array.from([...bytes.subarray(0, start), ...number, ...bytes.subarray(end)])
}

async function expectSound(
  name: string,
  sample: Uint8Array,
  head: number,
  parse: (bytes: Uint8Array<ArrayBuffer>) => unknown,
) {
  let refused = 0
  for (let i = 0; i < CASES; i++) {
    const random = seededRandom(`${SEED}/${name}/${i}`)
    const bytes = damaged(sample, random, head)
    try {
      await parse(bytes)
    } catch (error) {
      refused++
      const isOurs = error instanceof AppError && (error.kind === 'input' || error.kind === 'hostile')
      if (!isOurs) throw new Error(`Case ${i} of seed ${SEED}/${name} fails otherwise.`, { cause: error })
    }
  }
  expect(refused).toBeGreaterThan(CASES / 4)
}

describe('fuzz', { timeout: 3_600_000 }, () => {
  test('behaviour: safetensors', () =>
    expectSound('safetensors', plain, plain.length - 48, async (bytes) => {
      const file = await openSafetensors(bytesSource(bytes))
      for (const name of file.tensors.keys()) await file.read(name)
    }))

  test('behaviour: exact model files', () =>
    expectSound('exact', exact, 6000, (bytes) => parseExactModel(bytesSource(bytes))))

  test('behaviour: headers of exact model files', () =>
    expectSound('header', exact, 6000, (bytes) => readModelHeader(bytesSource(bytes))))

  test('behaviour: config.json', () => {
    const sample = utf8(JSON.stringify({ ...CONFIG, head_dim: 8, rope_theta: 10_000, sliding_window: null }))
    return expectSound('config', sample, sample.length, (bytes) => parseLlamaConfig(jsonOf(bytes)))
  })

  test('behaviour: tokenizers', () => {
    const sample = utf8(kept.tokenizer)
    return expectSound('tokenizer', sample, sample.length, (bytes) => {
      keepTokenizer(textOf(bytes), kept.config)
    })
  })
})

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes))
  } catch {
    return null
  }
}
