// What a backend that has no kernel for the norms over heads says of a model that has them.
import { AppError } from '#core/errors.ts'
import type { ModelWeights } from './exact/weights.ts'

/** Throws {@link HeadNormError} when queries or keys of `weights` are normalised. */
export function assertNoHeadNorms({ layers }: ModelWeights, backend: string): void {
  if (layers.some(({ query, key }) => query.norm !== null || key.norm !== null)) throw new HeadNormError(backend)
}

/** A model normalises its heads, and the backend cannot. */
export class HeadNormError extends AppError {
  override readonly name = 'tensor.HeadNorm'
  constructor(backend: string) {
    super('capacity', `Models that normalise queries and keys (Qwen3) do not run on ${backend} yet.`)
  }
}
