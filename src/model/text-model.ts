// What turns text into a model's tokens and back, read from the model's own file: header, tokenizer and chat template, no weights.
import type { ByteSource } from '#core/byte-source.ts'
import { AppError } from '#core/errors.ts'
import { renderTemplate } from './chat-template.ts'
import { type ModelHeader, readModelHeader, readTokenizer } from './exact-file.ts'
import { type Tokenizer, TokenizerError } from './tokenizer.ts'
import type { TokenizerConfig } from './tokenizers/hugging-face.ts'
import { openTokenizer } from './tokenizers/open.ts'

/** One message of a chat. */
export type ChatMessage = { readonly role: string; readonly content: string }

/** The textual side of a model. */
export type TextModel = ModelHeader & {
  readonly tokenizer: Tokenizer
  /** Tokens of a prompt as it is written. Throws {@link EmptyPromptError} when there is nothing in it, TokenizerError when they are not the model's. */
  promptTokens(text: string): number[]
  /** Tokens of a chat that the model shall answer. Throws {@link ChatError} when the model has no template or it does not take the chat. */
  chatTokens(messages: readonly ChatMessage[]): number[]
}

/** Reads the textual side of a model file. */
export async function openTextModel(source: ByteSource): Promise<TextModel> {
  const header = await readModelHeader(source)
  const { card } = header
  const kept = card.tokenizer === 'bytes' ? '' : await readTokenizer(source)
  const { tokenizer, config } = openTokenizer(card.tokenizer, kept)
  const usable = (tokens: number[]) => assertUsable(tokens, header.shape.vocabulary)
  const begin = card.beginToken === null ? [] : [card.beginToken]
  return {
    ...header,
    tokenizer,
    promptTokens: (text) => usable(text === '' ? [] : [...begin, ...tokenizer.encode(text)]),
    chatTokens: (messages) =>
      usable(messages.length === 0 ? [] : tokenizer.encodeRendered(render(card.chatTemplate, messages, config))),
  }
}

function render(template: string, messages: readonly ChatMessage[], config: TokenizerConfig): string {
  if (template === '') throw new ChatError('the model has no chat template: give it a prompt')
  try {
    return renderTemplate(template, {
      messages,
      add_generation_prompt: true,
      bos_token: config.bos_token ?? '',
      eos_token: config.eos_token ?? '',
    })
  } catch (cause) {
    throw new ChatError(cause instanceof Error ? cause.message : 'its template fails', { cause })
  }
}

function assertUsable(tokens: number[], vocabulary: number): number[] {
  if (tokens.length === 0) throw new EmptyPromptError()
  const wrong = tokens.find((token) => token >= vocabulary)
  if (wrong !== undefined)
    throw new TokenizerError(
      `The tokenizer does not match its model: it gives token ${wrong} of a vocabulary of ${vocabulary}.`,
    )
  return tokens
}

/** A prompt has no tokens. */
export class EmptyPromptError extends AppError {
  override readonly name = 'model.EmptyPrompt'
  constructor() {
    super('input', 'The prompt is empty: there is nothing to continue.')
  }
}

/** A chat cannot be put before the model. */
export class ChatError extends AppError {
  override readonly name = 'model.Chat'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `The chat cannot be put before the model: ${problem}.`, options)
  }
}
