// Checking a generated text by one prefill over prompt and text: at each of its positions the token that the logits choose must be the next.
import type { Digest } from '#core/digest.ts'
import { prefillDigests } from '#model/generate.ts'
import type { LoadedModel } from '#model/model-cache.ts'
import { sampleToken } from '#tensor/exact/sampler.ts'
import { stopDetector } from './stops.ts'
import type { GeneratedText } from './result.ts'
import type { Generation } from './task.ts'

/** A claimed text and what it is claimed of. */
export type TextClaim = {
  readonly model: LoadedModel
  readonly prompt: readonly number[]
  readonly generation: Generation
  readonly claimed: GeneratedText
}

/** Digests of the text's positions when its tokens are the model's, else null. */
export async function checkText(
  { model, prompt, generation, claimed }: TextClaim,
  signal?: AbortSignal,
): Promise<readonly Digest[] | null> {
  const { tokens, finishReason } = claimed
  const { vocabulary } = model.device.shape
  const endTokens = new Set(model.card.endTokens)
  const isPossible =
    finishReason !== 'context' &&
    (finishReason !== 'length' || tokens.length === generation.maxTokens) &&
    tokens.every((token) => token < vocabulary && !endTokens.has(token))
  if (!isPossible) return null
  const isStop = await stopDetector(model.card, generation.stops)
  const stopsAt = tokens.findIndex((token) => isStop(token))
  if (stopsAt !== (finishReason === 'stop-string' ? tokens.length - 1 : -1)) return null

  const fed = finishReason === 'stop' ? [...prompt, ...tokens] : [...prompt, ...tokens.slice(0, -1)]
  const seen = new Set(prompt)
  const counts = new Map<number, number>()
  let isRight = true
  const positions = await prefillDigests(
    model.device,
    fed,
    (position, logits) => {
      const at = position + 1 - prompt.length
      if (at < 0 || !isRight) return
      const chosen = sampleToken(logits, generation.sampling, { position: position + 1, choice: 0 }, seen, counts)
      const next = tokens[at]
      isRight = next === undefined ? endTokens.has(chosen) : chosen === next
      seen.add(chosen)
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    },
    signal,
    prompt.length - 1,
  )
  return isRight ? positions : null
}
