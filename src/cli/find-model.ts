// The model that a person means: by its id, the beginning of its id, or its name.
import { AppError } from '#core/errors.ts'
import type { Client, RegisteredModel } from '#sdk/index.ts'

/** Fewest digits of an id that may stand for it. */
const MIN_PREFIX = 8

/** The registered model called `text`. Throws {@link UnknownModelError} and {@link AmbiguousModelError}. */
export async function findModel(client: Client, text: string, signal?: AbortSignal): Promise<RegisteredModel> {
  const models = await client.models(signal)
  const exact = models.filter(({ id, name }) => id === text || name === text)
  const meant =
    exact.length > 0 ? exact : models.filter(({ id }) => text.length >= MIN_PREFIX && id.startsWith(text.toLowerCase()))
  const [model, other] = meant
  if (model === undefined) throw new UnknownModelError(text, models)
  if (other !== undefined) throw new AmbiguousModelError(text, meant)
  return model
}

/** No model is called that. */
export class UnknownModelError extends AppError {
  override readonly name = 'cli.UnknownModel'
  constructor(text: string, models: readonly RegisteredModel[]) {
    const known = models.map(({ name }) => `"${name}"`).join(', ')
    super(
      'input',
      `There is no model "${text}" at the coordinator; ${known === '' ? 'none is registered (commonwatt model add)' : `there is ${known}`}.`,
    )
  }
}

/** Several models are called that. */
export class AmbiguousModelError extends AppError {
  override readonly name = 'cli.AmbiguousModel'
  constructor(text: string, models: readonly RegisteredModel[]) {
    super(
      'input',
      `"${text}" is ${models.length} models; say which by its id: ${models.map(({ id }) => id).join(', ')}.`,
    )
  }
}
