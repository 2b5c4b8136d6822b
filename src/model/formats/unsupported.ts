// What is said of a model that the exact format cannot express.
import { AppError } from '#core/errors.ts'

/** A model that the exact format cannot express. */
export class UnsupportedModelError extends AppError {
  override readonly name = 'model.Unsupported'
  constructor(problem: string) {
    super('input', `The model cannot be used: ${problem}.`)
  }
}
