// The transformer: a Llama block stack over the LanguageBackend port. Prefill and decoding are the same function over more or fewer rows,
// and both give the same bits: a prefill reads its own stored, quantised keys and values.
import { boundaryLayers } from '#tensor/exact/boundary.ts'
import type { SampleRequest } from '#tensor/exact/sampler.ts'
import type { DeviceModel, LogitRows, SequenceRows, StepOutput } from '#tensor/language-backend.ts'

/** What a pass brings back besides leaves: logits of some rows, the residual stream behind the last layer, or each sequence's next token. */
export type Wanted = LogitRows | 'residual' | readonly SampleRequest[]

/** Feeds `sequences` through `model`: rows (sum of tokens) continue their caches; brings back boundary leaves and what is wanted. */
export function forward(model: DeviceModel, sequences: readonly SequenceRows[], wanted: Wanted): Promise<StepOutput> {
  const { layers } = model.shape
  const boundaries = new Set(boundaryLayers(layers))
  const step = model.begin(sequences)

  const x = step.embed() // (rows, width)
  for (let layer = 0; layer < layers; layer++) {
    const queries = step.projectHeads(step.normQuantise(x, { layer, norm: 'attention' }), layer) // (rows, heads, headDim)
    step.projectAdd(step.attend(queries, layer), layer, 'output', x)
    const gated = step.gateUp(step.normQuantise(x, { layer, norm: 'feedForward' }), layer) // (rows, hidden)
    step.projectAdd(gated, layer, 'down', x)
    if (boundaries.has(layer + 1)) step.commit(x, layer + 1)
  }
  if (wanted === 'residual') step.read(x)
  else if (typeof wanted !== 'string') step.sample(step.normQuantise(x, 'final'), wanted)
  else if (wanted !== 'none') step.unembed(step.normQuantise(x, 'final'), wanted)
  return step.finish()
}
