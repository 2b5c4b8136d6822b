// Tokenizers from GGUF metadata: byte pairs under each name of a pre-tokenizer, SentencePiece vocabularies by their scores, and metadata that
// describes none. Expected ids follow from the rules, by hand.
import { describe, expect, test } from 'vitest'
import type { GgufValue } from '#model/formats/gguf.ts'
import { byteSymbols } from '#model/tokenizer.fixture.ts'
import { tokenizerOfGguf } from './gguf.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from './hugging-face.ts'
import { MAX_PIECE_LENGTH, sentencePieceMerges } from './sentencepiece-merges.ts'

type Values = Record<string, GgufValue>

function open(values: Values) {
  const metadata = new Map(Object.entries(values).map(([key, value]) => [`tokenizer.${key}`, value]))
  const files = tokenizerOfGguf(metadata)
  return { ...files, ...openHuggingFaceTokenizer(keepTokenizer(files.tokenizerJson, files.configJson)) }
}

const SAMPLES = [
  'Hello world',
  'žluťoučký kůň',
  '日本語のテキスト',
  '👩‍👩‍👧‍👦 family',
  "it's  two\n\nlines\t",
  'مرحبا 123,456',
]

describe('byte pairs', () => {
  const symbols = byteSymbols()
  const merged = ['12', '123', '1234', "'T", 'aB', 'th', 'the', 'Ã©']
  const values = (pre: string, change: Values = {}): Values => ({
    'ggml.model': 'gpt2',
    'ggml.pre': pre,
    'ggml.tokens': [...symbols, ...merged, '<begin>', '<end>', '<tool>', '[PAD]'],
    'ggml.token_type': [...symbols, ...merged].map(() => 1).concat([3, 3, 4, 5]),
    'ggml.merges': ['1 2', '12 3', '123 4', "' T", 'a B', 't h', 'th e', 'Ã ©'],
    'ggml.bos_token_id': 264,
    'ggml.eos_token_id': 265,
    ...change,
  })
  const id = (text: string) => (merged.includes(text) ? 256 + merged.indexOf(text) : symbols.indexOf(text))
  const ids = (...pieces: string[]) => pieces.map(id)

  test.each([
    // Digits stay together, are cut in threes, or one by one.
    ['gpt-2', '1234', ids('1234')],
    ['llama-bpe', '1234', ids('123', '4')],
    ['qwen2', '1234', ids('1', '2', '3', '4')],
    ['smollm', '1234', ids('1', '2', '3', '4')],
    ['tekken', '1234', ids('1', '2', '3', '4')],
    // Contractions end a word in both cases, or in small letters alone.
    ['gpt-2', "a'T", ids('a', "'", 'T')],
    ['llama-bpe', "a'T", ids('a', "'T")],
    ['qwen2', "a'T", ids('a', "'T")],
    // A large letter after a small one begins a word, or does not.
    ['gpt-2', 'aB', ids('aB')],
    ['llama-bpe', 'aB', ids('aB')],
    ['tekken', 'aB', ids('a', 'B')],
    // A space belongs to the word behind it.
    ['gpt-2', 'a the', ids('a', 'Ġ', 'the')],
    ['smollm', 'a the', ids('a', 'Ġ', 'the')],
  ])('vector: %s cuts %j', (pre, text, expected) => {
    expect(open(values(pre, { 'ggml.add_bos_token': false })).tokenizer.encode(text)).toEqual(expected)
  })

  test('vector: Qwen2 composes what comes apart; others leave it', () => {
    const decomposed = 'e\u0301'
    expect(open(values('qwen2')).tokenizer.encode(decomposed)).toEqual(ids('Ã©'))
    expect(open(values('gpt-2')).tokenizer.encode(decomposed)).toEqual([...ids('e'), 0xcc, 0x81])
  })

  test('vector: a word that is a token is that token under the names that say so, whatever the merges', () => {
    const without = { 'ggml.merges': ['1 2'], 'ggml.add_bos_token': false }
    expect(open(values('llama-bpe', without)).tokenizer.encode('the')).toEqual(ids('the'))
    expect(open(values('gpt-2', without)).tokenizer.encode('the')).toEqual(ids('t', 'h', 'e'))
  })

  test('behaviour: control tokens are special, user-defined ones are text, unused ones are nothing', () => {
    const { tokenizer, vocabulary } = open(values('gpt-2'))
    expect(tokenizer.encodeRendered('the<tool>the<end>')).toEqual([...ids('the'), 266, ...ids('the'), 265])
    expect(tokenizer.decode([264, ...ids('the'), 266, 265, 267])).toBe('the<tool>')
    expect(tokenizer.encode('[PAD]')).toEqual(ids('[', 'P', 'A', 'D', ']'))
    expect(vocabulary).toBe(267)
  })

  test.each([
    ['gpt-2', undefined, false],
    ['gpt-2', true, true],
    ['llama-bpe', undefined, true],
    ['llama-bpe', false, false],
    ['qwen2', undefined, false],
  ])('option: %s with add_bos_token %s', (pre, wanted, begins) => {
    const { tokenizer } = open(values(pre, wanted === undefined ? {} : { 'ggml.add_bos_token': wanted }))
    expect(tokenizer.encode('the')).toEqual([...(begins ? [264] : []), ...ids('the')])
    expect(tokenizer.encodeRendered('the')).toEqual(ids('the'))
  })

  test('behaviour: template, special tokens and every token that ends a text', () => {
    const opened = open(
      values('gpt-2', { chat_template: '{{ x }}', 'ggml.eot_token_id': 264, 'ggml.eom_token_id': 999 }),
    )
    expect(opened).toMatchObject({ chatTemplate: '{{ x }}', endTokens: [264, 265] })
    expect(opened.config).toMatchObject({ bos_token: '<begin>', eos_token: '<end>' })
  })

  test.each(SAMPLES)('behaviour: %j comes back', (text) => {
    for (const pre of ['gpt-2', 'smollm', 'llama-bpe', 'qwen2', 'tekken']) {
      const { tokenizer } = open(values(pre))
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    }
  })

  test.each([
    ['another model', { 'ggml.model': 'bert' }, 'bert'],
    ['no tokens', { 'ggml.tokens': [1, 2] }, 'ggml.tokens'],
    ['too few types', { 'ggml.token_type': [1] }, 'type for each'],
    ['types of text', { 'ggml.token_type': ['1'] }, 'type for each'],
    ['no merges', { 'ggml.merges': 'a b' }, 'ggml.merges'],
    ['a merge of one piece', { 'ggml.merges': ['ab'] }, 'two pieces'],
    ['a merge of three pieces', { 'ggml.merges': ['a b c'] }, 'two pieces'],
    ['an unknown pre-tokenizer', { 'ggml.pre': 'oracle' }, 'oracle'],
    ['no pre-tokenizer', { 'ggml.pre': 3 }, '"3"'],
    [
      'a token twice',
      {
        'ggml.tokens': [...symbols, ...merged, 'a', 'a', 'a', 'a'],
        'ggml.token_type': Array.from({ length: 268 }, () => 1),
      },
      'twice',
    ],
  ])('error: %s', (_, change, part) => {
    expect(() => open(values('gpt-2', change))).toThrow(
      expect.objectContaining({ name: 'model.Tokenizer', message: expect.stringContaining(part) as string }) as Error,
    )
  })
})

describe('SentencePiece', () => {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  const special = ['<unk>', '<s>', '</s>']
  const scored: [string, number][] = [
    ['▁', -10],
    ['H', -11],
    ['e', -12],
    ['l', -13],
    ['o', -14],
    ['ll', -1],
    ['He', -2],
    ['llo', -3],
    ['Hello', -4],
    ['▁Hello', -5],
    ['lo', -0.5],
    ['日', -20],
    ['▁▁', -6],
    ['a', -30],
    ['b', -31],
    ['c', -32],
    ['ab', -7],
    ['bc', -8],
  ]
  const tokens = [...special, ...bytes, ...scored.map(([piece]) => piece)]
  const values = (change: Values = {}): Values => ({
    'ggml.model': 'llama',
    'ggml.tokens': tokens,
    'ggml.scores': [...special, ...bytes].map(() => 0).concat(scored.map(([, score]) => score)),
    'ggml.token_type': [2, 3, 3, ...bytes.map(() => 6), ...scored.map(() => 1)],
    'ggml.bos_token_id': 1,
    'ggml.eos_token_id': 2,
    ...change,
  })
  const ids = (...pieces: string[]) => pieces.map((piece) => tokens.indexOf(piece))
  const byte = (value: number) => 3 + value

  test.each([
    ['Hello', ids('<s>', '▁Hello')],
    ['Hell', ids('<s>', '▁', 'He', 'll')],
    ['loll', ids('<s>', '▁', 'lo', 'll')],
    // a+b at -7 comes before b+c at -8.
    ['abc', ids('<s>', '▁', 'ab', 'c')],
    ['e  o', ids('<s>', '▁', 'e', '▁▁', 'o')],
    ['日', ids('<s>', '▁', '日')],
  ])('vector: %j by the scores', (text, expected) => {
    expect(open(values()).tokenizer.encode(text)).toEqual(expected)
  })

  test('vector: another order of scores cuts another way', () => {
    const own = scored.map(([piece, score]) => (piece === 'ab' ? -9 : score))
    const scores = [...special, ...bytes].map(() => 0).concat(own)
    expect(open(values({ 'ggml.scores': scores })).tokenizer.encode('abc')).toEqual(ids('<s>', '▁', 'a', 'bc'))
  })

  test('vector: characters outside the vocabulary are the tokens of their bytes', () => {
    const { tokenizer } = open(values())
    expect(tokenizer.encode('é')).toEqual([...ids('<s>', '▁'), byte(0xc3), byte(0xa9)])
    expect(tokenizer.encode('本')).toEqual([...ids('<s>', '▁'), byte(0xe6), byte(0x9c), byte(0xac)])
    expect(tokenizer.encode('\n')).toEqual([...ids('<s>', '▁'), byte(10)])
  })

  test.each([...SAMPLES, ' leading', 'ends '])('behaviour: %j comes back, whole and as a stream', (text) => {
    const { tokenizer } = open(values())
    const encoded = tokenizer.encode(text)
    expect(tokenizer.decode(encoded)).toBe(text)
    const decoder = tokenizer.openDecoder()
    const pieces = [...encoded.map((token) => decoder.push(token)), decoder.end()]
    expect(pieces.join('')).toBe(text)
  })

  test('option: no space in front', () => {
    const { tokenizer } = open(values({ 'ggml.add_space_prefix': false, 'ggml.add_bos_token': false }))
    expect(tokenizer.encode('He')).toEqual(ids('He'))
    expect(tokenizer.decode(ids('▁', 'He'))).toBe(' He')
  })

  test('behaviour: special tokens in a rendered chat', () => {
    const { tokenizer } = open(values())
    expect(tokenizer.encodeRendered('<s>He</s>')).toEqual(ids('<s>', '▁', 'He', '</s>'))
    expect(tokenizer.decode(ids('<s>', '▁', 'He', '</s>'))).toBe('He')
  })

  test('error: no score for each token', () => {
    expect(() => open(values({ 'ggml.scores': [1] }))).toThrow('score for each')
  })

  test('vector: merges of equal score, the longer left half first', () => {
    const pieces = new Map(['a', 'b', 'c', 'ab', 'bc', 'abc'].map((piece, id) => [piece, id]))
    expect(sentencePieceMerges(pieces, [0, 0, 0, -1, -1, -1])).toEqual([
      ['ab', 'c'],
      ['a', 'bc'],
      ['a', 'b'],
      ['b', 'c'],
    ])
  })

  test('limit: a piece of 512 characters accepted, of 513 refused', () => {
    const of = (length: number) => () => sentencePieceMerges(new Map([['x'.repeat(length), 0]]), [0])
    expect(of(MAX_PIECE_LENGTH)).not.toThrow()
    expect(of(MAX_PIECE_LENGTH + 1)).toThrow('513 characters')
  })
})
