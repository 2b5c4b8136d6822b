// The registry of language models: whoever has an account may add one that is here and whole, and remove what they added.
import * as v from 'valibot'
import { type ContentRef, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { digestSchema, signedSchema } from '#core/schema.ts'
import { type Signed, verifyMessage } from '#core/signed.ts'
import { assertExactModel } from '#model/exact-file.ts'
import { openTextModel } from '#model/text-model.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { costOf } from '#work/kinds/generate/task.ts'
import { MAX_MODEL_BYTES } from '#work/model-input.ts'
import { BadSignatureError } from './accounts.ts'
import { isComplete } from './blobs/blob-directory.ts'
import type { Grid } from './grid.ts'
import { readAccount } from './store/accounts.ts'
import { type ModelRecord, deleteModel, insertModel, listModels } from './store/models.ts'

/** A model as it is listed. */
export type ListedModel = {
  readonly id: Digest
  readonly sizeBytes: number
  readonly name: string
  readonly architecture: string
  readonly tokenizer: string
  readonly hasChatTemplate: boolean
  readonly shape: ModelShape
  readonly tokenOps: number
  readonly pairOps: number
  readonly registeredMs: number
}

/** What is signed to register or remove a model. */
export type ModelRequest = Signed<{ readonly content: Digest }>

/** Message types of a {@link ModelRequest}. */
export const ADD_MODEL_TYPE = 'add-model'
export const REMOVE_MODEL_TYPE = 'remove-model'

/** Registered models: each is kept for good, and listed in one answer. */
export const MAX_MODELS = 256

/** A request to register or remove a model. */
export const modelRequestSchema: v.GenericSchema<unknown, ModelRequest> = signedSchema(
  v.strictObject({ content: digestSchema }),
)

type Description = Pick<ListedModel, 'name' | 'architecture' | 'tokenizer' | 'hasChatTemplate' | 'shape'>

/** Every registered model. */
export async function registeredModels({ store }: Pick<Grid, 'store'>): Promise<ListedModel[]> {
  return (await listModels(store.db)).map(listed)
}

/** Registers an uploaded model file; the same one again changes nothing. Throws when it is not whole or not a model. */
export async function addModel(grid: Grid, request: ModelRequest): Promise<ListedModel> {
  if (!verifyMessage(request, ADD_MODEL_TYPE, grid.network)) throw new BadSignatureError(ADD_MODEL_TYPE)
  const { content: id } = request.body
  const { store, blobs, clock } = grid
  const account = await readAccount(store.db, request.signer)
  if (account.granted === 0n) throw new NoAccountError(request.signer)
  const content = await blobs.get(id)
  if (!isComplete(content)) throw new IncompleteModelError(id, partCount(content.layout))
  const known = await listModels(store.db)
  const twin = known.find((model) => model.content === id)
  if (twin !== undefined) return listed(twin)
  if (known.length >= MAX_MODELS) throw new TooManyModelsError()
  const description = await describe(grid, content)
  const sizeBytes = content.layout.form === 'blob' ? content.layout.sizeBytes : 0
  const model: ModelRecord = {
    content: id,
    account: request.signer,
    sizeBytes,
    description: JSON.stringify(description),
    registeredMs: clock.nowMs(),
  }
  await insertModel(store.db, model)
  return listed(model)
}

/** Takes a model off the list. Throws {@link UnknownModelError} unless the signer registered it. */
export async function removeModel({ store, network }: Grid, request: ModelRequest): Promise<void> {
  if (!verifyMessage(request, REMOVE_MODEL_TYPE, network)) throw new BadSignatureError(REMOVE_MODEL_TYPE)
  if (!(await deleteModel(store.db, request.body.content, request.signer)))
    throw new UnknownModelError(request.body.content)
}

/** The whole file is checked once, tensor by tensor: what is listed can be loaded. */
async function describe({ blobs }: Grid, content: ContentRef): Promise<Description> {
  if (content.layout.form !== 'blob') throw new NoModelError('it is a matrix')
  const { sizeBytes } = content.layout
  if (sizeBytes > MAX_MODEL_BYTES) throw new NoModelError(`it has ${sizeBytes} bytes, more than ${MAX_MODEL_BYTES}`)
  const { card, shape } = await assertExactModel(blobs.source(content))
  // A tokenizer that cannot be opened, or is another model's, shows at the first text.
  const text = await openTextModel(blobs.source(content))
  text.promptTokens('a')
  const { name, architecture, tokenizer, chatTemplate } = card
  return { name, architecture, tokenizer, hasChatTemplate: chatTemplate !== '', shape }
}

function listed({ content, sizeBytes, description, registeredMs }: ModelRecord): ListedModel {
  const own = JSON.parse(description) as Description
  return { id: content, sizeBytes, ...own, ...costOf(own.shape), registeredMs }
}

/** Nobody has an account under this key. */
export class NoAccountError extends AppError {
  override readonly name = 'coordinator.NoAccount'
  constructor(key: string) {
    super('input', `There is no account ${key}: open one first.`)
  }
}

/** A model's content is not all here. */
export class IncompleteModelError extends AppError {
  override readonly name = 'coordinator.IncompleteInput'
  constructor(id: string, parts: number) {
    super('input', `Content ${id} of ${parts} parts is not whole: upload the missing ones first.`)
  }
}

/** A content cannot be registered as a model. */
export class NoModelError extends AppError {
  override readonly name = 'coordinator.NoModel'
  constructor(problem: string) {
    super('input', `The content cannot be registered as a model: ${problem}.`)
  }
}

/** No more models are listed. */
export class TooManyModelsError extends AppError {
  override readonly name = 'coordinator.TooManyModels'
  constructor() {
    super('capacity', `${MAX_MODELS} models are registered here, and no more are taken.`)
  }
}

/** No such model is registered, or not by this account. */
export class UnknownModelError extends AppError {
  override readonly name = 'coordinator.UnknownModel'
  constructor(name: string) {
    super('input', `There is no model "${name.slice(0, 200)}" that this account registered.`)
  }
}
