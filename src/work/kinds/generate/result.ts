// The bytes of a generation: u32 count, u32 finish reason, u32 tokens[maxTokens], 32-byte digests of positions[promptLength + maxTokens - 1],
// the 32-byte header digest of the run. Little endian; what is not used is zero, so a text has one form.
import { fromHex, toHex } from '#core/bytes.ts'
import { CHUNK_BYTES } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { headerDigest, runRoot } from '#model/digest.ts'
import type { FinishReason, Generated } from '#model/generate.ts'
import { type Generation, GenerateError, TOKEN_BYTES, layoutOf, positionsOf } from './task.ts'

const FINISH_REASONS = ['stop', 'length', 'context', 'stop-string'] as const satisfies readonly FinishReason[]

/** A generated text as its result says it. */
export type GeneratedText = Generated & { readonly header: Digest }

/** What a run's header digest binds besides its positions. */
export type RunNames = { readonly unit: Digest; readonly model: Digest }

/** The parts of the result. */
export function resultParts(generation: Generation, generated: Generated, names: RunNames): Uint8Array<ArrayBuffer>[] {
  const { tokens, finishReason, positions } = generated
  const bytes = new Uint8Array(layoutOf(generation).sizeBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, tokens.length, true)
  view.setUint32(4, FINISH_REASONS.indexOf(finishReason), true)
  for (const [i, token] of tokens.entries()) view.setUint32(8 + TOKEN_BYTES * i, token, true)
  const digests = 8 + TOKEN_BYTES * generation.maxTokens
  for (const [i, digest] of positions.entries()) bytes.set(fromHex(digest, DIGEST_BYTES), digests + DIGEST_BYTES * i)
  const header = headerDigest(names.unit, names.model, positions.length, runRoot(positions))
  bytes.set(fromHex(header, DIGEST_BYTES), bytes.length - DIGEST_BYTES)
  return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, i) =>
    bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  )
}

/** What a result says. Throws {@link GenerateError} when it is none of `generation`; whether it is true is not looked at. */
export function parseResult(generation: Generation, bytes: Uint8Array): GeneratedText {
  const { sizeBytes } = layoutOf(generation)
  if (bytes.length !== sizeBytes) throw new GenerateError(`its result has ${bytes.length} bytes, not ${sizeBytes}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getUint32(0, true)
  const finishReason = FINISH_REASONS[view.getUint32(4, true)]
  if (finishReason === undefined || count > generation.maxTokens || (finishReason !== 'stop' && count === 0))
    throw new GenerateError(`its result claims ${count} tokens of ${generation.maxTokens} and an end that is none`)
  const positionCount = generation.promptLength + count - (finishReason === 'stop' ? 0 : 1)
  if (positionCount > positionsOf(generation)) throw new GenerateError('its result has more positions than fit')
  const tokens = Array.from({ length: count }, (_, i) => view.getUint32(8 + TOKEN_BYTES * i, true))
  const digests = 8 + TOKEN_BYTES * generation.maxTokens
  const digestAt = (at: number) => toHex(bytes.subarray(at, at + DIGEST_BYTES)) as Digest
  const positions = Array.from({ length: positionCount }, (_, i) => digestAt(digests + DIGEST_BYTES * i))
  return { tokens, finishReason, positions, header: digestAt(bytes.length - DIGEST_BYTES) }
}
