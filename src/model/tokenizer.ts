// The port between text and tokens, and the simplest tokenizer there is: one token a byte of UTF-8.
import { utf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'

/** Text to tokens and back. */
export interface Tokenizer {
  /** Tokens of a prompt as a person writes it, with what the tokenizer puts in front. Throws {@link TokenizerError} on ill-formed text. */
  encode(text: string): number[]
  /** Tokens of a rendered chat, whose template has put in front what belongs there. */
  encodeRendered(text: string): number[]
  decode(tokens: readonly number[]): string
  /** Decodes token by token. */
  openDecoder(): StreamDecoder
}

/** Text as its tokens come: never half a character. */
export interface StreamDecoder {
  /** The text that is certain after this token, beyond what was given before; often empty. */
  push(token: number): string
  /** What is left at the end: bytes that never became a character come as U+FFFD. */
  end(): string
}

/** Tokens 0 to 255 are bytes; others, which some models have for their own use, stand for no text. */
export function byteTokenizer(): Tokenizer {
  const encode = (text: string) => [...utf8(assertWellFormed(text))]
  return {
    encode,
    encodeRendered: encode,
    decode: (tokens) => openUtf8().decode(bytesOf(tokens)),
    openDecoder() {
      const decoder = openUtf8()
      return {
        push: (token) => decoder.decode(bytesOf([token]), { stream: true }),
        end: () => decoder.decode(),
      }
    },
  }
}

/**
 * A decoder for tokenizers that only decode lists. What a token adds is told by decoding it after the tokens of the last piece, because
 * many decoders treat the first token of a list differently: so the lists stay short however long the text gets.
 */
export function decoderOf(decode: (tokens: readonly number[]) => string): StreamDecoder {
  let before: number[] = [] // tokens of the last piece
  let waiting: number[] = [] // tokens whose text is not given yet
  const added = () => decode([...before, ...waiting]).slice(decode(before).length)
  return {
    push(token) {
      waiting.push(token)
      const text = added()
      // A character whose bytes are not all here ends in the replacement character.
      if (text === '' || text.endsWith('\ufffd')) return ''
      before = waiting
      waiting = []
      return text
    },
    end: () => added(),
  }
}

/** Text without lone surrogates, which no bytes stand for. Throws {@link TokenizerError}. */
export function assertWellFormed(text: string): string {
  if (!text.isWellFormed()) throw new TokenizerError('The text is not well formed: it holds half a surrogate pair.')
  return text
}

/** Keeps a byte order mark: to a model it is text like any other. */
function openUtf8(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}

function bytesOf(tokens: readonly number[]): Uint8Array {
  return Uint8Array.from(tokens.filter((token) => token < 256))
}

/** Text or a tokenizer cannot be used. */
export class TokenizerError extends AppError {
  override readonly name = 'model.Tokenizer'
  constructor(message: string, options?: ErrorOptions) {
    super('input', message, options)
  }
}
