// Server-sent events as the HTML standard parses them (section 9.2.6), from the bytes of a response, with bounded lines and events.
import { AppError } from '#core/errors.ts'

/** One event. */
export type ServerEvent = { readonly event: string; readonly data: string }

/** Longest event: a `done` event carries ids, never content. */
export const MAX_EVENT_CHARS = 1 << 20

/** The events of a stream of bytes, in order. Ends with the stream; an event that was cut off is dropped, as the standard says. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const fields = { event: '', data: [] as string[] }
  for await (const line of lines(body)) {
    if (line === '') {
      if (fields.data.length > 0) yield { event: fields.event || 'message', data: fields.data.join('\n') }
      fields.event = ''
      fields.data = []
      continue
    }
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') fields.event = value
    if (name === 'data') fields.data.push(value)
    if (fields.data.reduce((sum, text) => sum + text.length, 0) > MAX_EVENT_CHARS) throw new EventTooLongError()
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = lineEnd(rest); end !== undefined; end = lineEnd(rest)) {
      yield rest.slice(0, end.at)
      rest = rest.slice(end.at + end.length)
    }
    if (rest.length > MAX_EVENT_CHARS) throw new EventTooLongError()
  }
}

/** Where the first line ends: LF, CRLF or CR. A CR at the very end may be half of a CRLF and waits for more. */
function lineEnd(text: string): { at: number; length: number } | undefined {
  const at = text.search(/[\r\n]/)
  if (at === -1 || (text[at] === '\r' && at === text.length - 1)) return undefined
  return { at, length: text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1 }
}

/** A stream of events sent a line or an event past the bound. */
export class EventTooLongError extends AppError {
  override readonly name = 'sdk.EventTooLong'
  constructor() {
    super('hostile', `The coordinator sent an event of more than ${MAX_EVENT_CHARS} characters.`)
  }
}
