import { describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { seededRandom, randomInt } from '#core/random.ts'
import { MAX_STOPS, MAX_STOP_LENGTH, StopError, TextStream, canonicalStops, textOf } from './text-stream.ts'
import { byteTokenizer } from './tokenizer.ts'

const tokenizer = byteTokenizer()

describe('TextStream', () => {
  test('default: characters come whole', () => {
    const stream = new TextStream(tokenizer)
    expect([...utf8('aé🌍')].map((token) => stream.push(token))).toEqual(['a', '', 'é', '', '', '', '🌍'])
    expect(stream.end()).toBe('')
  })

  test('behaviour: what may begin a stop string is held back until it is known', () => {
    const stream = new TextStream(tokenizer, ['END', 'N.'])
    const said = [...utf8('aEEN-EN.b')].map((token) => stream.push(token))
    expect(said).toEqual(['a', '', 'E', '', 'EN-', '', '', 'E', ''])
    expect(stream.isStopped).toBe(true)
    expect(stream.end()).toBe('')
  })

  test('behaviour: what was held back comes at the end', () => {
    expect(textOf(tokenizer, [...utf8('the EN')], ['END'])).toBe('the EN')
    expect(textOf(tokenizer, [0x61, 0xe2, 0x82], ['b'])).toBe('a\ufffd')
  })

  test('behaviour: cuts where the first stop string begins, whatever the text', () => {
    const random = seededRandom('text-stream')
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: 24 }, () => 'ab'[randomInt(random, 2)]).join('')
      const stop = text.slice(randomInt(random, 24)).slice(0, 1 + randomInt(random, 5)) + (round % 2 === 0 ? '' : 'a')
      const at = text.indexOf(stop)
      expect(textOf(tokenizer, [...utf8(text)], [stop])).toBe(at === -1 ? text : text.slice(0, at))
    }
  })
})

describe('canonicalStops', () => {
  test('default: sorted, each once', () => {
    expect(canonicalStops(['b', 'a', 'b', 'B'])).toEqual(['B', 'a', 'b'])
  })

  test(`limit: ${MAX_STOPS} strings of ${MAX_STOP_LENGTH} characters accepted, one more refused`, () => {
    const stops = Array.from({ length: MAX_STOPS }, (_, i) => String(i).repeat(MAX_STOP_LENGTH))
    expect(canonicalStops(stops)).toEqual(stops)
    expect(() => canonicalStops([...stops, 'x'])).toThrow(StopError)
    expect(() => canonicalStops(['x'.repeat(MAX_STOP_LENGTH + 1)])).toThrow(StopError)
  })

  test('error: Stop', () => {
    expect(() => canonicalStops([''])).toThrow('empty')
    expect(() => canonicalStops(['\ud800'])).toThrow('surrogate')
  })
})
