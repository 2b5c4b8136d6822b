// Patterns that published tokenizers use pass; those that can keep the engine busy do not.
import { describe, expect, test } from 'vitest'
import { MAX_PATTERN_LENGTH, assertTamePattern } from './patterns.ts'

describe('patterns', () => {
  test.each([
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}",
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*',
    '[一-龥぀-ゟ゠-ヿ]+',
    ' {2,}',
    '(?:ab){3}',
    '(a+)?',
    'a+|b+|c+|d+',
    '[a[b+*]c]+',
    '\\p{L}\\+\\*\\++',
    '',
  ])('default: %s', (pattern) => {
    expect(() => assertTamePattern(pattern)).not.toThrow()
  })

  test.each([
    '(a+)+',
    '(a|a)*',
    '(?:a)*b',
    '((a?)*)',
    '(a){1,1000}',
    '(a+){2}',
    '(a*){2,3}',
    '(?:(?:x+)y){2}',
    'a+b+c+',
    'a*a*a*',
    '(a+)(b+)(c+)',
    '(a+b+)c+',
    'a{65}b{65}c{65}',
    'a{1,}b{1,}c{1,}',
    '\\s+\\S+\\s+',
  ])('error: %s', (pattern) => {
    expect(() => assertTamePattern(pattern)).toThrow(expect.objectContaining({ name: 'model.Tokenizer' }) as Error)
  })

  test('limit: 4096 characters accepted, 4097 refused', () => {
    expect(() => assertTamePattern('a'.repeat(MAX_PATTERN_LENGTH))).not.toThrow()
    expect(() => assertTamePattern('a'.repeat(MAX_PATTERN_LENGTH + 1))).toThrow('4097')
  })

  test.each(['[', '(', ')', '\\', '[[', '(((', '*', '{', '[\\', 'a{', 'a{2', '\\p{', ')))+'])(
    'behaviour: %s is not ours to judge, and ends',
    (pattern) => {
      expect(() => assertTamePattern(pattern)).not.toThrow()
    },
  )
})
