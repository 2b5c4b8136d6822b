// Loaded models by content id: parsing and uploading a model takes longer than many a unit, so the last ones used stay on their device.
import type { ByteSource } from '#core/byte-source.ts'
import type { Digest } from '#core/digest.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { FinalNorm } from '#tensor/exact/mean-pool.ts'
import type { DeviceModel, LanguageBackend } from '#tensor/language-backend.ts'
import type { ModelCard } from './card.ts'
import { parseExactModel } from './exact-file.ts'

/** A model on its device, with what its file says of itself. */
export type LoadedModel = {
  /** Content id of the file. */
  readonly id: Digest
  readonly card: ModelCard
  readonly finalNorm: FinalNorm
  readonly device: DeviceModel
}

/** Bytes of model files whose models stay loaded: a small model or two beside what is computed on. The last one used stays, however large. */
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
    const entry = await this.#take(id, source)
    try {
      return await work(await this.#loaded(id, entry))
    } finally {
      entry.users--
      await this.#evict(0)
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

  /** The model's entry with one user more. Room for a new one is made first, so that two large models are not there at once. */
  async #take(id: Digest, source: ByteSource): Promise<Entry> {
    if (!this.#entries.has(id)) await this.#evict(source.sizeBytes)
    const entry = this.#entries.get(id) ?? { sizeBytes: source.sizeBytes, loading: this.#load(id, source), users: 0 }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    entry.users++
    return entry
  }

  async #load(id: Digest, source: ByteSource): Promise<LoadedModel> {
    const { card, weights } = await parseExactModel(source)
    this.#backend ??= this.#open()
    const finalNorm = { gain: weights.norm, epsilon: weights.epsilon }
    return { id, card, finalNorm, device: await (await this.#backend).load(weights) }
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

  /** Drops the longest unused until `incoming` bytes more fit; the last one used stays unless something comes in. */
  async #evict(incoming: number): Promise<void> {
    let total = incoming
    for (const { sizeBytes } of this.#entries.values()) total += sizeBytes
    const newest = [...this.#entries.keys()].at(-1)
    for (const [id, entry] of this.#entries) {
      if (total <= this.#maxBytes || (incoming === 0 && id === newest)) return
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
