// Language models as a requester sees them: the list of those that are registered, adding one, taking one off.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { digestSchema, textSchema, uintSchema } from '#core/schema.ts'
import { signMessage } from '#core/signed.ts'
import type { Http } from './http.ts'
import { signingContext } from './network.ts'
import type { ContentSource } from './parts.ts'
import { addressOf } from './parts.ts'
import type { Session } from './run.ts'
import { upload } from './upload.ts'
import { openAccount } from './account.ts'

/** A registered model. Operations are those of one token, and of one token and position that it sees. */
export type RegisteredModel = {
  readonly id: Digest
  readonly sizeBytes: number
  readonly name: string
  readonly architecture: string
  readonly tokenizer: string
  readonly hasChatTemplate: boolean
  readonly tokenOps: number
  readonly pairOps: number
  readonly shape: {
    readonly vocabulary: number
    readonly layers: number
    readonly width: number
    readonly maxPositions: number
  }
}

/** The coordinator lists no more. */
const MAX_LISTED = 1024

const modelSchema: v.GenericSchema<unknown, RegisteredModel> = v.object({
  id: digestSchema,
  sizeBytes: uintSchema(),
  name: textSchema(200),
  architecture: textSchema(64),
  tokenizer: textSchema(64),
  hasChatTemplate: v.boolean(),
  tokenOps: uintSchema(),
  pairOps: uintSchema(),
  shape: v.object({ vocabulary: uintSchema(), layers: uintSchema(), width: uintSchema(), maxPositions: uintSchema() }),
})
const listSchema = v.object({ models: v.pipe(v.array(modelSchema), v.maxLength(MAX_LISTED)) })

/** Options of {@link addModel}. */
export type AddModelOptions = {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Every registered model. */
export async function listModels(http: Http, signal?: AbortSignal): Promise<readonly RegisteredModel[]> {
  return (await http.json('/api/v1/models', listSchema, { signal })).models
}

/** Uploads a model file and registers it. One that is registered already stays as it is. */
export async function addModel(
  { http, signer, info }: Session,
  source: ContentSource,
  { signal, onProgress }: AddModelOptions = {},
): Promise<RegisteredModel> {
  const context = signingContext(info)
  await openAccount(http, signer, context, signal)
  const addressed = await addressOf(source, { signal })
  await upload(http, source, addressed, { signal, onPart: onProgress })
  const body = await signMessage(signer, 'add-model', context, { content: addressed.ref.id })
  return http.json('/api/v1/models', modelSchema, { method: 'POST', body, signal })
}

/** Takes a model that this account registered off the list. */
export async function removeModel({ http, signer, info }: Session, id: Digest, signal?: AbortSignal): Promise<void> {
  const body = await signMessage(signer, 'remove-model', signingContext(info), { content: id })
  await http.bytes(`/api/v1/models/${id}`, 1024, { method: 'DELETE', body, signal })
}
