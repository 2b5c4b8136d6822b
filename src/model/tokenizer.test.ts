// Text to tokens and back: bytes, a small Hugging Face tokenizer, streams that never split a character, and what is refused.
import { describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { byteTokenizer, decoderOf } from './tokenizer.ts'
import { byteLevelTokenizer } from './tokenizer.fixture.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from './tokenizers/hugging-face.ts'

const SAMPLES = ['', 'plain', 'žluťoučký kůň', '日本語のテキスト', '👩‍👩‍👧‍👦 family', 'a\u0000b', '\ufeffmark']

const kept = byteLevelTokenizer()
const huggingFace = openHuggingFaceTokenizer(keepTokenizer(kept.tokenizer, kept.config))

describe.each([
  ['bytes', byteTokenizer()],
  ['hugging face', huggingFace.tokenizer],
])('%s', (_, tokenizer) => {
  test.each(SAMPLES)('default: %j comes back, whole and as a stream', (text) => {
    const tokens = tokenizer.encode(text)
    expect(tokenizer.decode(tokens)).toBe(text)
    const decoder = tokenizer.openDecoder()
    const pieces = [...tokens.map((token) => decoder.push(token)), decoder.end()]
    expect(pieces.join('')).toBe(text)
    for (const piece of pieces) expect(piece.isWellFormed() && !piece.includes('\ufffd')).toBe(true)
  })

  test('behaviour: half a character at the end comes as a replacement', () => {
    const tokens = tokenizer.encode('a日').slice(0, -1)
    const decoder = tokenizer.openDecoder()
    const pieces = [...tokens.map((token) => decoder.push(token)), decoder.end()]
    expect(pieces[0]).toBe('a')
    expect(pieces.join('')).toMatch(/^a\ufffd+$/)
  })

  test('error: half a surrogate pair', () => {
    expect(() => tokenizer.encode('a\ud800')).toThrow('not well formed')
  })
})

describe('bytes', () => {
  test('behaviour: a token a byte, and tokens past them are silent', () => {
    expect(byteTokenizer().encode('é')).toEqual([...utf8('é')])
    expect(byteTokenizer().decode([104, 300, 105])).toBe('hi')
  })
})

describe('hugging face', () => {
  test('behaviour: merges, special tokens and the vocabulary', () => {
    expect(huggingFace.tokenizer.encode('the')).toEqual([257])
    expect(huggingFace.tokenizer.encodeRendered('the<end>')).toEqual([257, 258])
    expect(huggingFace.tokenizer.decode([257, 258, 259, 100_000])).toBe('the')
    expect(huggingFace.vocabulary).toBe(259)
    expect(huggingFace.config).toMatchObject({ bos_token: '<begin>', eos_token: '<end>' })
  })

  test.each([
    ['no JSON', 'nothing', '{}'],
    ['a list', '[]', '{}'],
    ['no model', '{}', '{}'],
    ['an unknown model', '{"model":{"type":"Oracle"}}', '{}'],
    ['a configuration that is none', kept.tokenizer, '[1'],
    ['a special token that is a number', kept.tokenizer, '{"bos_token": 3}'],
  ])('error: %s', (_, tokenizer, config) => {
    expect(() => keepTokenizer(tokenizer, config)).toThrow(expect.objectContaining({ name: 'model.Tokenizer' }))
  })
})

test('behaviour: a decoder is asked about short lists only, however long the text', () => {
  let longest = 0
  const decoder = decoderOf((tokens) => {
    longest = Math.max(longest, tokens.length)
    return byteTokenizer().decode(tokens)
  })
  const tokens = byteTokenizer().encode('日本語'.repeat(100))
  expect(tokens.map((token) => decoder.push(token)).join('')).toBe('日本語'.repeat(100))
  expect(longest).toBeLessThanOrEqual(6)
})
