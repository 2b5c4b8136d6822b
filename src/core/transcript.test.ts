import { describe, expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { digestBytes } from './digest.ts'
import { randomInt, seededRandom } from './random.ts'
import { Transcript, transcriptOf } from './transcript.ts'

describe('Transcript', () => {
  test('default: the digest of all bytes, behind its domain', () => {
    const said = new Transcript()
    said.append(utf8('ab'))
    expect(said.digest).toBe(digestBytes(utf8('commonwatt/transcript/v1\0ab')))
    expect(said.digestAfter(utf8('c'))).toBe(transcriptOf(utf8('abc')))
    expect({ length: said.length, digest: said.digest }).toEqual({ length: 2, digest: transcriptOf(utf8('ab')) })
  })

  test('behaviour: does not depend on how the bytes were cut', () => {
    const random = seededRandom('transcript')
    const bytes = random.bytes(1000)
    for (let round = 0; round < 50; round++) {
      const said = new Transcript()
      for (let at = 0; at < bytes.length; at = said.length)
        said.append(bytes.subarray(at, at + 1 + randomInt(random, 200)))
      expect(said.digest).toBe(transcriptOf(bytes))
    }
  })
})
