// Loaded models by content id: parsing and uploading a model takes longer than many a unit, so the last ones used stay on their device.
import type { ByteSource } from '#core/byte-source.ts'
import type { Digest } from '#core/digest.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { DeviceModel, LanguageBackend } from '#tensor/language-backend.ts'
import type { ModelCard } from './card.ts'
import { parseExactModel } from './exact-file.ts'

/** A model on its device, with what its file says of itself. */
export type LoadedModel = { readonly card: ModelCard; readonly device: DeviceModel }

/** Bytes of model files whose models stay loaded: a device holds a small model or two beside what it computes on. */
export const MAX_LOADED_BYTES = 256 * 2 ** 20

type Entry = { readonly sizeBytes: number; readonly loading: Promise<LoadedModel>; users: number }

/** Models of one language backend, the longest unused dropped first. The backend is opened when the first model is used. */
export class ModelCache {
  readonly #open: () => Promise<LanguageBackend>
  readonly #maxBytes: number
  readonly #entries = new Map<Digest, Entry>()
  #backend: Promise<LanguageBackend> | undefined

  constructor(open: () => Promise<LanguageBackend>, maxBytes = MAX_LOADED_BYTES) {
    this.#open = open
    this.#maxBytes = maxBytes
  }

  /** Runs `work` on the model whose file is content `id`; `source` is read when it is not loaded. It stays while anybody works on it. */
  async use<T>(id: Digest, source: ByteSource, work: (model: LoadedModel) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(id) ?? { sizeBytes: source.sizeBytes, loading: this.#load(source), users: 0 }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    entry.users++
    try {
      return await work(await this.#loaded(id, entry))
    } finally {
      entry.users--
      await this.#evict()
    }
  }

  /** Content ids of the models that are loaded, the longest unused first. */
  get loaded(): Digest[] {
    return [...this.#entries.keys()]
  }

  /** Closes every model and the backend. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    for (const { loading } of entries) await loading.then(({ device }) => device.close()).catch(() => undefined)
    const backend = this.#backend
    this.#backend = undefined
    await backend?.then((opened) => opened.close()).catch(() => undefined)
  }

  async #load(source: ByteSource): Promise<LoadedModel> {
    const { card, weights } = await parseExactModel(source)
    this.#backend ??= this.#open()
    return { card, device: await (await this.#backend).load(weights) }
  }

  /** A model that could not be loaded is not remembered, nor a backend that could not be opened. */
  async #loaded(id: Digest, entry: Entry): Promise<LoadedModel> {
    try {
      return await entry.loading
    } catch (error) {
      if (this.#entries.get(id) === entry) this.#entries.delete(id)
      await this.#backend?.catch(() => (this.#backend = undefined))
      throw error
    }
  }

  async #evict(): Promise<void> {
    let total = 0
    for (const { sizeBytes } of this.#entries.values()) total += sizeBytes
    for (const [id, entry] of this.#entries) {
      if (total <= this.#maxBytes) return
      if (entry.users > 0) continue
      this.#entries.delete(id)
      total -= entry.sizeBytes
      await entry.loading.then(({ device }) => device.close()).catch(() => undefined)
    }
  }
}

/** Models on the reference backend: needs nothing that is not in this module, and takes its time. */
export function referenceModels(): ModelCache {
  return new ModelCache(async () => openCpuLanguageBackend())
}
