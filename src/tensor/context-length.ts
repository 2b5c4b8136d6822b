// The one way in which a sequence does not fit a model, whatever the backend.
import { AppError } from '#core/errors.ts'

/** More positions were asked for than the model or the cache has. */
export class ContextLengthError extends AppError {
  override readonly name = 'tensor.ContextLength'
  constructor(positions: number, limit: number) {
    super('capacity', `${positions} positions do not fit in a context of ${limit}.`)
  }
}
