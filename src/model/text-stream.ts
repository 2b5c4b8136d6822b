// Text as its tokens come, up to the first stop string. Whether a text has reached one is part of an exact result, so there is one way to
// tell: the strings are looked for in the text that the stream decoder has given after each token.
import { AppError } from '#core/errors.ts'
import type { StreamDecoder, Tokenizer } from './tokenizer.ts'

/** Stop strings of one text, and the length of one in UTF-16 units: what is held back while one may be beginning stays short. */
export const MAX_STOPS = 4
export const MAX_STOP_LENGTH = 256

/** A text that is being written. */
export class TextStream {
  readonly #decoder: StreamDecoder
  readonly #stops: readonly string[]
  #held = ''
  #isStopped = false

  constructor(tokenizer: Tokenizer, stops: readonly string[] = []) {
    this.#decoder = tokenizer.openDecoder()
    this.#stops = stops
  }

  /** Whether a stop string has been reached: nothing comes after it. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** The text that is certain after this token, beyond what was given before: never half a character, nothing that may begin a stop string. */
  push(token: number): string {
    return this.#isStopped ? '' : this.#cut(this.#decoder.push(token))
  }

  /** What is left when no token follows. */
  end(): string {
    if (this.#isStopped) return ''
    const rest = this.#held + this.#decoder.end()
    this.#held = ''
    return rest
  }

  #cut(added: string): string {
    const text = this.#held + added
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1)
    if (found.length > 0) {
      this.#isStopped = true
      return text.slice(0, Math.min(...found))
    }
    const certain = text.length - heldLength(text, this.#stops)
    this.#held = text.slice(certain)
    return text.slice(0, certain)
  }
}

/** The whole text of `tokens`, up to the first stop string. */
export function textOf(tokenizer: Tokenizer, tokens: readonly number[], stops: readonly string[] = []): string {
  const stream = new TextStream(tokenizer, stops)
  return tokens.map((token) => stream.push(token)).join('') + stream.end()
}

/** Stop strings in their one order, each once. Throws {@link StopError} on ones that are empty, too long, too many or ill-formed. */
export function canonicalStops(stops: readonly string[]): string[] {
  const distinct = [...new Set(stops)].toSorted((a, b) => (a < b ? -1 : 1))
  if (distinct.length > MAX_STOPS) throw new StopError(`${distinct.length} are more than ${MAX_STOPS}`)
  for (const stop of distinct) {
    if (stop === '') throw new StopError('one is empty')
    if (stop.length > MAX_STOP_LENGTH)
      throw new StopError(`one has ${stop.length} characters, more than ${MAX_STOP_LENGTH}`)
    if (!stop.isWellFormed()) throw new StopError('one holds half a surrogate pair')
  }
  return distinct
}

/** Length of the longest end of `text` that begins a stop string. */
function heldLength(text: string, stops: readonly string[]): number {
  let longest = 0
  for (const stop of stops)
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
      if (text.endsWith(stop.slice(0, length))) longest = length
  return longest
}

/** Stop strings cannot be used. */
export class StopError extends AppError {
  override readonly name = 'model.Stop'
  constructor(problem: string) {
    super('input', `The stop strings are wrong: ${problem}.`)
  }
}
