import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '#core/bytes.ts'
import { FRAME_HEAD_BYTES, FrameReader, encodeCredit, encodeFrame } from './frame.ts'

const bounds = { maxMessageBytes: 100, maxRawBytes: 50 }

describe('FrameReader', () => {
  test('default: frames come out as they went in, however the bytes are cut', () => {
    const frames = [
      encodeFrame('message', new Uint8Array(100).fill(7)),
      encodeCredit(5),
      encodeFrame('bytes', new Uint8Array(0)),
      encodeFrame('bytes', new Uint8Array(50).fill(9)),
    ]
    const bytes = concat(...frames)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 }), (cuts) => {
        const reader = new FrameReader(bounds)
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
        const read = ends.flatMap((end, i) => reader.push(bytes.subarray(ends[i - 1] ?? 0, end)))
        expect(read).toEqual([
          { kind: 'message', payload: new Uint8Array(100).fill(7) },
          { kind: 'credit', amount: 5 },
          { kind: 'bytes', payload: new Uint8Array(0) },
          { kind: 'bytes', payload: new Uint8Array(50).fill(9) },
        ])
        expect(reader.pendingBytes).toBe(0)
      }),
      { seed: 1 },
    )
  })

  test.each(['message', 'bytes'] as const)(
    'limit: a %s of its bound accepted, one more refused by its head',
    (kind) => {
      const bound = kind === 'message' ? bounds.maxMessageBytes : bounds.maxRawBytes
      expect(new FrameReader(bounds).push(encodeFrame(kind, new Uint8Array(bound)))).toHaveLength(1)
      const head = encodeFrame(kind, new Uint8Array(bound + 1)).subarray(0, FRAME_HEAD_BYTES)
      expect(() => new FrameReader(bounds).push(head)).toThrow(expect.objectContaining({ name: 'net.Frame' }))
    },
  )

  test('error: Frame for an unknown kind', () => {
    expect(() => new FrameReader(bounds).push(Uint8Array.of(3, 0, 0, 0, 0))).toThrow('unknown kind 3')
  })

  test('behaviour: any bytes either come out as frames or are refused, and never more is kept than a frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reader = new FrameReader(bounds)
        try {
          reader.push(bytes)
          expect(reader.pendingBytes).toBeLessThan(FRAME_HEAD_BYTES + bounds.maxMessageBytes)
        } catch (error) {
          expect(error).toMatchObject({ name: 'net.Frame', kind: 'hostile' })
        }
      }),
      { seed: 2 },
    )
  })
})
