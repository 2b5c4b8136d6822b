// Tokens of texts in llama.cpp and here: of one vocabulary of byte pairs under each rule that cuts text into words, and of SentencePiece's kind.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { type GgufVocabulary, type GgufWritable, encodeLlamaGguf } from '#model/formats/gguf.fixture.ts'
import { openGguf } from '#model/formats/gguf.ts'
import { tokenizerOfGguf } from '#model/tokenizers/gguf.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from '#model/tokenizers/hugging-face.ts'
import type { Tokenizer } from '#model/tokenizer.ts'
import { SMALL_LLAMA, madeUpTensors } from '../../bench/language/made-up-llama.ts'
import { type LlamaCpp, openLlamaCpp } from '../../bench/page/peers/wllama.ts'
import { trainBytePairs, trainPieces } from '../support/byte-pairs.ts'
import { HUGGING_FACE_TEXTS, MULTILINGUAL_TEXTS } from '../vectors/tokenizer-texts.ts'

const TEXTS = [...HUGGING_FACE_TEXTS, ...MULTILINGUAL_TEXTS]

/** Where llama.cpp does otherwise than tokenizer.json says: it composes no characters (Qwen2), and its expression for Tekken knows no marks. */
const DIFFERENT: Readonly<Record<string, RegExp>> = {
  qwen2: /[\u0300-\u036f\u1160-\u11ff]/,
  tekken: /\p{M}/u,
}

/** Kinds of tokens: the numbers are llama.cpp's. */
const KIND = { normal: 1, unknown: 2, control: 3, byte: 6 } as const

/** Characters that are in no piece of SentencePiece's: its bytes stand for them. */
const LEFT_TO_BYTES = new Set('\0\n\r😂🤣😍🙏')

/** 256 bytes, what was learnt of the texts, and a token that ends a text. */
function bytePairs(pre: string): GgufVocabulary {
  const { tokens, merges } = trainBytePairs(TEXTS.join('\n'), 700)
  const types = new Int32Array(tokens.length + 1).fill(KIND.normal)
  types[tokens.length] = KIND.control
  return { tokens: [...tokens, '<end>'], merges, pre, types, end: tokens.length }
}

/** The unknown, the beginning, the end, 256 bytes, and pieces whose scores fall. */
function sentencePieces(): { tokenizer: GgufVocabulary; metadata: Record<string, GgufWritable> } {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  const pieces = trainPieces(TEXTS.join(' '), 600).filter((piece) =>
    Array.from(piece).every((char) => !LEFT_TO_BYTES.has(char)),
  )
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...pieces]
  const kinds = [
    KIND.unknown,
    KIND.control,
    KIND.control,
    ...bytes.map(() => KIND.byte),
    ...pieces.map(() => KIND.normal),
  ]
  return {
    tokenizer: { tokens, merges: [], pre: 'default', types: Int32Array.from(kinds), begin: 1, end: 2 },
    metadata: {
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.scores': Float32Array.from(tokens, (_, i) => Math.min(0, 258 - i)),
      'tokenizer.ggml.unknown_token_id': { u32: 0 },
    },
  }
}

async function openBoth(
  tokenizer: GgufVocabulary,
  metadata: Record<string, GgufWritable>,
): Promise<{ own: Tokenizer; peer: LlamaCpp }> {
  const vocabulary = tokenizer.tokens.length
  const sizes = { width: 32, hidden: 32, layers: 1, heads: 1, kvHeads: 1, headDim: 32 }
  const config = { ...SMALL_LLAMA, ...sizes, vocabulary }
  const gguf = await encodeLlamaGguf({ config, tensors: madeUpTensors('words'), type: 'F32', tokenizer, metadata })
  const files = tokenizerOfGguf((await openGguf(bytesSource(gguf))).metadata)
  const own = openHuggingFaceTokenizer(keepTokenizer(files.tokenizerJson, files.configJson)).tokenizer
  return { own, peer: await openLlamaCpp(gguf, { positions: 64 }) }
}

describe.each(['gpt-2', 'smollm', 'llama-bpe', 'qwen2', 'tekken'])('byte pairs, words of %s', async (pre) => {
  const { own, peer } = await openBoth(bytePairs(pre), {})

  test.each(TEXTS.filter((text) => !DIFFERENT[pre]?.test(text)))('behaviour: %j', async (text) => {
    const tokens = await peer.tokenize(text)
    expect(own.encodeRendered(text)).toEqual(tokens)
    expect(own.decode(tokens)).toBe(await peer.detokenize(tokens))
  })
})

describe('SentencePiece', async () => {
  const { tokenizer, metadata } = sentencePieces()
  const { own, peer } = await openBoth(tokenizer, metadata)

  test.each(TEXTS)('behaviour: %j', async (text) => {
    const tokens = await peer.tokenize(text)
    expect(own.encodeRendered(text)).toEqual(tokens)
    expect(own.decode(tokens).trimStart()).toBe((await peer.detokenize(tokens)).trimStart())
  })
})
