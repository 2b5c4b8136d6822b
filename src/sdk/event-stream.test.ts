import { utf8 } from '#core/bytes.ts'
import { describe, expect, test } from 'vitest'
import { EventTooLongError, MAX_EVENT_CHARS, type ServerEvent, parseEvents } from './event-stream.ts'

describe('parseEvents', () => {
  test('default', async () => {
    expect(await parse('event: unit\ndata: {"done":1}\n\n')).toEqual([{ event: 'unit', data: '{"done":1}' }])
  })

  test('behaviour: LF, CRLF and CR end lines, wherever the chunks are cut', async () => {
    const text = 'event: a\r\ndata: 1\r\n\r\ndata: 2\rdata: é\r\rdata:3\n\n'
    const expected = [
      { event: 'a', data: '1' },
      { event: 'message', data: '2\né' },
      { event: 'message', data: '3' },
    ]
    for (let size = 1; size < 12; size++) expect(await parse(text, size)).toEqual(expected)
  })

  test('behaviour: comments, other fields and events without data are passed over', async () => {
    expect(await parse(': ping\n\nid: 4\nretry: 9\nevent: x\n\ndata\n\n')).toEqual([{ event: 'message', data: '' }])
  })

  test('behaviour: an event that is cut off is dropped', async () => {
    expect(await parse('data: 1\n\ndata: 2\n')).toEqual([{ event: 'message', data: '1' }])
  })

  test(`limit: ${MAX_EVENT_CHARS} characters accepted, one more refused`, async () => {
    const line = 'x'.repeat(MAX_EVENT_CHARS - 6)
    expect((await parse(`data: ${line}\n\n`, 1 << 16))[0]?.data).toBe(line)
    await expect(parse(`data: ${line}x`, 1 << 16)).rejects.toThrow(EventTooLongError)
    const many = `data: ${'x'.repeat(MAX_EVENT_CHARS / 2)}\n`.repeat(3)
    await expect(parse(many, 1 << 16)).rejects.toThrow(EventTooLongError)
  })
})

async function parse(text: string, chunkSize = 1 << 20): Promise<ServerEvent[]> {
  const bytes = utf8(text)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
  const events: ServerEvent[] = []
  for await (const event of parseEvents(chunks())) events.push(event)
  return events
}
