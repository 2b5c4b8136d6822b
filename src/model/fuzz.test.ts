// Parsers of models under random damage: whatever the bytes, an error of the kind `input` or `hostile`, quickly, and never anything else.
// COMMONWATT_FUZZ sets the cases of each parser (a million takes minutes); a small sample runs always. Seeds are printed when they fail.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { bytesOf, concat, fromUtf8, utf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { openGgufModel } from './convert/gguf.ts'
import { convertLlama } from './convert/llama.ts'
import { encodeExactModel, parseExactModel, readModelHeader } from './exact-file.ts'
import { parseLlamaConfig } from './formats/config.ts'
import { openGguf } from './formats/gguf.ts'
import { encodeGguf, encodeLlamaGguf } from './formats/gguf.fixture.ts'
import { encodeSafetensors, openSafetensors } from './formats/safetensors.ts'
import { byteLevelTokenizer } from './tokenizer.fixture.ts'
import { tokenizerOfGguf } from './tokenizers/gguf.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from './tokenizers/hugging-face.ts'

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
const container = encodeGguf(
  {
    text: 'some text',
    yes: true,
    count: { u32: 7 },
    ratio: { f32: 0.5 },
    list: ['a', 'bc', ''],
    numbers: Int32Array.of(1, 2, 3),
  },
  [
    { name: 'a', type: 'F32', shape: [2, 3], bytes: new Uint8Array(24) },
    { name: 'b', type: 'Q8_0', shape: [32], bytes: new Uint8Array(34) },
  ],
)

/** A model of 16 tokens and one layer. */
async function ggufModel(): Promise<Uint8Array<ArrayBuffer>> {
  const config = parseLlamaConfig(CONFIG)
  const read = async (_: string, shape: readonly number[]) =>
    new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(0.5)
  const readOptional = async (name: string, shape: readonly number[]) =>
    /bias|[qk]_norm/.test(name) ? null : read(name, shape)
  const tokens = [...'abcdefghijklmn'.split(''), 'ab', '<end>']
  const types = Int32Array.from(tokens, (token) => (token === '<end>' ? 3 : 1))
  const tokenizer = { tokens, merges: ['a b'], pre: 'llama-bpe', types, end: 15, begin: 15 }
  return encodeLlamaGguf({ config, tensors: { read, readOptional }, type: 'F16', tokenizer, chatTemplate: '{{ a }}' })
}

const SENTENCE_PIECES = {
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': ['<unk>', '<s>', '<0x0A>', '\u2581', 'a', 'b', 'ab', '\u2581ab'],
  'tokenizer.ggml.scores': Float32Array.of(0, 0, 0, -1, -2, -3, -4, -5),
  'tokenizer.ggml.token_type': Int32Array.of(2, 3, 6, 1, 1, 1, 1, 1),
  'tokenizer.ggml.bos_token_id': { u32: 1 },
  'tokenizer.ggml.eos_token_id': { u32: 1 },
  'tokenizer.ggml.add_space_prefix': true,
}

const SMALL_TOKENIZER = JSON.stringify({
  added_tokens: [{ id: 5, content: '<s>', special: true, lstrip: true, rstrip: false, normalized: false }],
  normalizer: {
    type: 'Sequence',
    normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { type: 'Split', pattern: { Regex: '[^\\s]+|\\s+(?!\\S)' }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [5], tokens: ['<s>'] } },
  },
  decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'ByteLevel' }] },
  model: { type: 'BPE', vocab: { a: 0, b: 1, '\u0120': 2, ab: 3, '1': 4 }, merges: ['a b'], byte_fallback: false },
})

/** Numbers good enough to damage bytes by, a hundred times faster than the cryptographic ones: splitmix32. */
function quickRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e37_79b9)
  return {
    bytes: (length) =>
      Uint8Array.from({ length }, () => {
        state = (state + 0x9e37_79b9) | 0
        const mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
        const again = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
        return (again ^ (again >>> 15)) >>> 24
      }),
  }
}

/** Damages of bytes: flips, cuts, doublings, insertions, and numbers in text made large or negative. */
function damaged(bytes: Uint8Array, random: Random, headLength: number): Uint8Array<ArrayBuffer> {
  let out = Uint8Array.from(bytes)
  const head = Math.min(out.length, headLength)
  for (let times = 1 + randomInt(random, 3); times > 0 && out.length > 0; times--) {
    const at = randomInt(random, Math.min(out.length, head) || 1)
    switch (randomInt(random, 7)) {
      case 0:
        out[at] = randomInt(random, 256)
        break
      case 1:
        out = out.slice(0, at)
        break
      case 2:
        out = concat(out.subarray(0, at), random.bytes(1 + randomInt(random, 4)), out.subarray(at))
        break
      case 3:
        out = concat(out.subarray(0, at), out.subarray(at + 1 + randomInt(random, 8)))
        break
      case 4:
        out[at] = (out[at] ?? 0) ^ (1 << randomInt(random, 8))
        break
      case 5:
        out.set(LENGTHS[randomInt(random, LENGTHS.length)]?.subarray(0, out.length - at) ?? [], at)
        break
      default:
        out = otherNumber(out, at, random)
    }
  }
  return out
}

/** Lengths and offsets of eight bytes: the largest, the largest of a double, a few GiB, nothing. */
const LENGTHS = [2n ** 64n - 1n, 2n ** 53n, 2n ** 32n, 2n ** 20n, 0n].map((value) => bytesOf(BigUint64Array.of(value)))

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
  return concat(bytes.subarray(0, start), number, bytes.subarray(end))
}

async function expectSound(
  name: string,
  sample: Uint8Array,
  head: number,
  parse: (bytes: Uint8Array<ArrayBuffer>) => unknown,
) {
  let refused = 0
  const first = randomInt(seededRandom(`${SEED}/${name}`), 2 ** 32)
  for (let i = 0; i < CASES; i++) {
    const random = quickRandom(first + i)
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

  test('behaviour: rotary parameters of config.json', () => {
    const rope = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 8, beta_fast: 32, beta_slow: 1 }
    const sample = utf8(JSON.stringify({ ...CONFIG, rope_theta: 10_000, rope_parameters: rope }))
    return expectSound('rope', sample, sample.length, (bytes) => parseLlamaConfig(jsonOf(bytes)))
  })

  test('behaviour: GGUF containers', () =>
    expectSound('gguf', container, container.length - 64, async (bytes) => {
      const file = await openGguf(bytesSource(bytes))
      for (const tensor of file.tensors.values()) await file.readFloats(tensor)
    }))

  test('behaviour: models in GGUF', async () => {
    const sample = await ggufModel()
    await expectSound('gguf-model', sample, 1800, async (bytes) => {
      const { tensors, config } = await openGgufModel(bytesSource(bytes), 'a.gguf')
      await tensors.read('model.embed_tokens.weight', [config.vocabulary, config.width])
    })
  })

  test('behaviour: SentencePiece vocabularies in GGUF', () => {
    const sample = encodeGguf(SENTENCE_PIECES, [])
    return expectSound('gguf-pieces', sample, sample.length, async (bytes) => {
      const { tokenizerJson, configJson } = tokenizerOfGguf((await openGguf(bytesSource(bytes))).metadata)
      keepTokenizer(tokenizerJson, configJson)
    })
  })

  test('behaviour: tokenizer_config.json', () => {
    const sample = utf8(
      JSON.stringify({ bos_token: { content: '<s>' }, eos_token: '</s>', clean_up_tokenization_spaces: true }),
    )
    return expectSound('tokenizer-config', sample, sample.length, (bytes) => {
      keepTokenizer(SMALL_TOKENIZER, textOf(bytes))
    })
  })

  test('behaviour: tokenizers of many rules', () => {
    const sample = utf8(SMALL_TOKENIZER)
    return expectSound('rules', sample, sample.length, (bytes) => {
      const text = openHuggingFaceTokenizer(keepTokenizer(textOf(bytes), '{}')).tokenizer
      text.decode(text.encode('a1 b'))
    })
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
