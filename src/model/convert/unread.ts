// Tensors of a source that a conversion did not ask for.
import type { LlamaConfig } from '#model/formats/config.ts'
import { UnsupportedModelError } from '#model/formats/unsupported.ts'
import type { FloatTensors } from './llama.ts'

/** Tensors that no inference needs: rotary frequencies follow from the configuration. */
const DERIVED = /(?:^|\.)rotary_emb\.inv_freq$|^rope_freqs\.weight$/

/** The head of a model that says its head is the embedding. */
const HEAD = /^(?:lm_head|output)\.weight$/

/** A tensor that was not read is a part that would be left out: another model under the same name. Throws {@link UnsupportedModelError}. */
export function assertAllRead(config: LlamaConfig, tensors: FloatTensors): void {
  const unread = tensors.unread?.() ?? []
  const left = unread.filter((name) => !DERIVED.test(name) && !(config.isTied && HEAD.test(name)))
  const [first] = left
  if (first === undefined) return
  const more = left.length > 1 ? `, nor ${left.length - 1} more that are there` : ''
  throw new UnsupportedModelError(`a ${config.architecture} has no tensor "${first.slice(0, 200)}"${more}`)
}
