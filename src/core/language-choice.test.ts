import { describe, expect, test } from 'vitest'
import { isLanguage, languageFor } from './language-choice.ts'

describe('choice of a language', () => {
  test.each([
    [[], 'en'],
    [['en-GB', 'pt'], 'en'],
    [['pt-PT'], 'pt-BR'],
    [['PT-br'], 'pt-BR'],
    [['fr-FR', 'pt', 'en'], 'pt-BR'],
    [['zh'], 'zh-Hans'],
    [['zh-CN', 'en'], 'zh-Hans'],
    [['zh-Hans-HK'], 'zh-Hans'],
    [['zh-TW', 'en'], 'en'],
    [['zh-Hant', 'zh-SG'], 'zh-Hans'],
    [['ptx', 'eng', ''], 'en'],
  ] as const)('default: %j reads %s', (wishes, language) => {
    expect(languageFor(wishes)).toBe(language)
  })

  test('behaviour: only exact names are languages', () => {
    expect(['en', 'pt-BR', 'zh-Hans'].every(isLanguage)).toBe(true)
    expect(['pt', 'EN', '', null, 1, '__proto__'].some(isLanguage)).toBe(false)
  })
})
