// Whether a text has reached one of its stop strings, told token by token with the tokenizer of its model.
import type { ModelCard } from '#model/card.ts'
import { TextStream } from '#model/text-stream.ts'

/** Says of each token of a text in turn whether it completes one of `stops`. The tokenizer is loaded only where there are any. */
export async function stopDetector(card: ModelCard, stops: readonly string[]): Promise<(token: number) => boolean> {
  if (stops.length === 0) return () => false
  const { tokenizerOf } = await import('#model/tokenizers/open.ts')
  const text = new TextStream(tokenizerOf(card), stops)
  return (token) => {
    text.push(token)
    return text.isStopped
  }
}
