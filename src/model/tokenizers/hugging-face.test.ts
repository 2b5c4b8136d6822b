// Rules of tokenizer.json, one by one: ids by hand, as the tokenizers that trained the models give them, where the package would not
// follow too; and files that are refused before the package sees them.
import { describe, expect, test } from 'vitest'
import { byteSymbols } from '#model/tokenizer.fixture.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from './hugging-face.ts'
import { MAX_RULE_DEPTH, MAX_TOKEN } from './rules.ts'

const symbols = byteSymbols()
const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

/** A byte-level tokenizer with `merges`, whose tokens follow the 256 bytes. */
function bytePairs(merges: readonly string[], change: object = {}): Record<string, unknown> {
  const merged = merges.map((merge) => merge.replace(' ', ''))
  const vocab = Object.fromEntries([...symbols, ...merged].map((token, id) => [token, id]))
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: null,
    decoder: { ...BYTE_LEVEL },
    model: { type: 'BPE', vocab, merges, unk_token: null },
    ...change,
  }
}

const open = (json: object) => openHuggingFaceTokenizer(keepTokenizer(JSON.stringify(json), '{}'))
const encode = (json: object, text: string) => open(json).tokenizer.encode(text)
const utf = (text: string) => [...new TextEncoder().encode(text)]

const added = (id: number, content: string, change: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...change,
})

describe('words', () => {
  // Two Arabic digits are two words where digits stand alone: a merge across them is never made.
  const arabic = utf('١٢').map((byte) => symbols[byte] ?? '')
  const across = [
    `${arabic[0]} ${arabic[1]}`,
    `${arabic[2]} ${arabic[3]}`,
    `${arabic[0]}${arabic[1]} ${arabic[2]}${arabic[3]}`,
  ]
  const digits = (individual: boolean) => ({
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: individual }, BYTE_LEVEL] },
  })

  test('vector: digits of any script stand alone', () => {
    expect(encode(bytePairs(across), '١٢')).toEqual([258])
    expect(encode(bytePairs(across, digits(true)), '١٢')).toEqual([256, 257])
    expect(encode(bytePairs(across, digits(false)), '١٢')).toEqual([258])
    expect(encode(bytePairs(['1 2', 'a 1'], digits(false)), 'a12')).toEqual([97, 256])
    expect(encode(bytePairs(['1 2', 'a 1'], digits(true)), 'a12')).toEqual([97, 49, 50])
  })

  test('vector: U+FEFF is no space, U+0085 is one', () => {
    const [a = '', b = '', c = ''] = utf('\ufeff').map((byte) => symbols[byte] ?? '')
    // " \ufeff" is one word, as any sign behind a space is.
    const mark = [`${a} ${b}`, `${a}${b} ${c}`, `Ġ ${a}${b}${c}`]
    expect(encode(bytePairs(mark), 'x \ufeffy')).toEqual([120, 258, 121])
    // A line end of Unicode before a letter is a word of its own, without the space before it.
    const next = utf('\u0085').map((byte) => symbols[byte] ?? '')
    expect(encode(bytePairs([`${next[0]} ${next[1]}`, `Ġ ${next[0]}${next[1]}`]), 'x \u0085y')).toEqual([
      120, 32, 256, 121,
    ])
  })

  test('vector: a pattern of its own, cut and kept or cut and dropped', () => {
    const split = (behavior: string) => ({
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: '-' }, behavior, invert: false },
          { ...BYTE_LEVEL, use_regex: false },
        ],
      },
    })
    expect(encode(bytePairs(['a -', '- b'], split('Isolated')), 'a-b')).toEqual(utf('a-b'))
    expect(encode(bytePairs(['a -', '- b'], split('Removed')), 'a-b')).toEqual(utf('ab'))
    expect(() => open(bytePairs([], split('MergedWithNext')))).toThrow('"MergedWithNext"')
  })
})

describe('added tokens', () => {
  const json = bytePairs(['a b'], {
    added_tokens: [
      added(300, '<s>'),
      added(301, '<mask>', { lstrip: true }),
      added(302, '<tool>', { special: false }),
      added(303, '<right>', { rstrip: true }),
    ],
  })

  test('vector: they are found first, and take the spaces that they say', () => {
    expect(encode(json, 'ab<s>ab')).toEqual([256, 300, 256])
    expect(encode(json, 'I  <mask> x')).toEqual([...utf('I'), 301, ...utf(' x')])
    expect(encode(json, 'I <right>  x')).toEqual([...utf('I '), 303, ...utf('x')])
    expect(encode(json, '<<s>>')).toEqual([...utf('<'), 300, ...utf('>')])
  })

  test('behaviour: special ones are silent, others are text, holes in the ids too', () => {
    const { tokenizer, vocabulary } = open(json)
    expect(tokenizer.decode([256, 300, 302, 299, 256])).toBe('ab<tool>ab')
    expect(vocabulary).toBe(304)
  })

  test('error: a token that must be a word of its own', () => {
    const own = bytePairs([], { added_tokens: [added(300, '<w>', { single_word: true })] })
    expect(() => open(own)).toThrow('single_word')
  })
})

describe('normalizers and post-processors', () => {
  test.each([
    [{ type: 'NFC' }, 'e\u0301', utf('é')],
    [{ type: 'NFKC' }, 'ﬁ①', utf('fi1')],
    [{ type: 'Lowercase' }, 'ÀB', utf('àb')],
    [{ type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'StripAccents' }] }, 'žluť', utf('zlut')],
    [{ type: 'Replace', pattern: { String: ' ' }, content: '_' }, 'a b', utf('a_b')],
    [{ type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }, 'a   b', utf('a b')],
    [{ type: 'Prepend', prepend: '>' }, 'a', utf('>a')],
  ])('vector: %j', (normalizer, text, expected) => {
    expect(encode(bytePairs([], { normalizer }), text)).toEqual(expected)
  })

  test('vector: a template puts its tokens around a prompt, and not around a rendered chat', () => {
    const json = bytePairs([], {
      added_tokens: [added(300, '<s>'), added(301, '</s>')],
      post_processor: {
        type: 'TemplateProcessing',
        single: [
          { SpecialToken: { id: '<s>', type_id: 0 } },
          { Sequence: { id: 'A', type_id: 0 } },
          { SpecialToken: { id: '</s>', type_id: 0 } },
        ],
        pair: [],
        special_tokens: {
          '<s>': { id: '<s>', ids: [300], tokens: ['<s>'] },
          '</s>': { id: '</s>', ids: [301], tokens: ['</s>'] },
        },
      },
    })
    expect(open(json).tokenizer.encode('a')).toEqual([300, 97, 301])
    expect(open(json).tokenizer.encodeRendered('a')).toEqual([97])
  })
})

describe('other models', () => {
  test('vector: unigrams by the best sum of scores', () => {
    const vocab = [
      ['<unk>', 0],
      ['▁', -3],
      ['▁a', -2],
      ['a', -4],
      ['b', -4],
      ['ab', -5],
      ['▁ab', -8],
      ['c', -1],
    ]
    const json = {
      ...bytePairs([]),
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      model: { type: 'Unigram', unk_id: 0, vocab },
    }
    // ▁a + b is -6; ▁ab is -8, ▁ + ab -8.
    expect(encode(json, 'ab')).toEqual([2, 4])
    expect(encode(json, 'abc')).toEqual([2, 4, 7])
    expect(open(json).tokenizer.decode([2, 4])).toBe('ab')
  })

  test('vector: pieces of words, the longest first', () => {
    const tokens = ['[UNK]', 'un', '##aff', '##able', 'runn', '##ing', 'a']
    const json = {
      ...bytePairs([]),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      },
    }
    expect(encode(json, 'Unaffable running')).toEqual([1, 2, 3, 4, 5])
    expect(encode(json, 'unaffablex a')).toEqual([0, 6])
  })
})

describe('files that lie', () => {
  test('error: rules that fail on a text only', () => {
    const json = bytePairs([], {
      post_processor: { type: 'TemplateProcessing', single: 3, pair: [], special_tokens: {} },
    })
    expect(() => open(json).tokenizer.encode('a')).toThrow('rules fail on this text')
  })

  const vocab = (id: unknown) =>
    bytePairs([], { model: { type: 'BPE', vocab: { a: id }, merges: [], unk_token: null } })
  const nested = (depth: number) => {
    let normalizer: object = { type: 'NFC' }
    for (let i = 0; i < depth / 2; i++) normalizer = { type: 'Sequence', normalizers: [normalizer] }
    return bytePairs([], { normalizer })
  }

  test('limit: the largest token accepted, one more refused', () => {
    expect(open(vocab(MAX_TOKEN)).vocabulary).toBe(MAX_TOKEN + 1)
    expect(() => open(vocab(MAX_TOKEN + 1))).toThrow('1048576')
  })

  test('limit: rules as deep as may be accepted, deeper refused', () => {
    // Each sequence is two levels, and the name of the innermost rule one.
    expect(() => open(nested(MAX_RULE_DEPTH - 2))).not.toThrow()
    expect(() => open(nested(MAX_RULE_DEPTH))).toThrow('deeper than 16')
  })

  test.each([
    ['a token of 2^32', vocab(2 ** 32), '4294967296'],
    ['a negative token', vocab(-1), '-1'],
    ['half a token', vocab(0.5), '0.5'],
    ['a token that is text', vocab('7'), 'id 7'],
    ['an added token of 10^9', bytePairs([], { added_tokens: [added(1e9, '<s>')] }), '1000000000'],
    ['an added token without text', bytePairs([], { added_tokens: [added(300, '')] }), 'without text'],
    ['added tokens that are none', bytePairs([], { added_tokens: ['<s>'] }), 'that are none'],
    [
      'a pattern without end',
      bytePairs([], { normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }),
      'never end',
    ],
    [
      'a pattern that is no text',
      bytePairs([], { normalizer: { type: 'Replace', pattern: { Regex: 3 }, content: '' } }),
      'no text',
    ],
    [
      'a pattern that is none',
      bytePairs([], { normalizer: { type: 'Replace', pattern: { Regex: '[' }, content: '' } }),
      'no tokenizer',
    ],
    ['an unknown rule', bytePairs([], { normalizer: { type: 'Oracle' } }), 'no tokenizer'],
  ])('error: %s', (_, json, part) => {
    expect(() => open(json)).toThrow(
      expect.objectContaining({ name: 'model.Tokenizer', message: expect.stringContaining(part) as string }) as Error,
    )
  })
})
