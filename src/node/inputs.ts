// The parts of inputs that units need: fetched once from the coordinator, proven as they come, kept in bounded memory for the next unit.
import { type ContentRef, contentIdFromRoot } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { merkleRoot } from '#core/merkle.ts'
import type { Peer, PeerTarget } from '#net/peer.ts'
import { fetchContent } from '#net/protocols/blob/handler.ts'
import type { ContentManifest } from '#net/protocols/blob/transfer.ts'
import { type Kind, partKey } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { InputParts } from './worker-api.ts'

/** Bytes of parts kept. A unit needs up to 64 MiB, twice: here and in the worker; its rows and result take the rest of the 256 MiB. */
export const MAX_CACHE_BYTES = 64 * 2 ** 20

/** Contents whose leaf digests are kept: a job has a few. */
export const MAX_MANIFESTS = 32

/** Gets parts of a content that are not in the cache; hands each on as it is proven. */
export type PartFetcher = (
  id: Digest,
  request: {
    readonly parts: readonly number[]
    readonly manifest?: ContentManifest
    readonly onManifest?: (manifest: ContentManifest) => void | Promise<void>
    readonly onPart: (index: number, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>
    readonly signal: AbortSignal
  },
) => Promise<ContentManifest>

/** Fetches from `target` through the blob protocol, which resumes and retries by itself. */
export function blobFetcher(peer: Peer, target: PeerTarget): PartFetcher {
  return (id, request) => fetchContent(peer, target, id, request)
}

/** Parts by content, the longest unused dropped first. */
export class InputCache {
  readonly #fetch: PartFetcher
  readonly #maxBytes: number
  readonly #parts = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly #manifests = new Map<Digest, ContentManifest>()
  /** The last fetch of each content: units of one job want the same parts, and the second finds what the first has fetched. */
  readonly #fetching = new Map<Digest, Promise<unknown>>()
  #sizeBytes = 0

  constructor(fetch: PartFetcher, maxBytes = MAX_CACHE_BYTES) {
    this.#fetch = fetch
    this.#maxBytes = maxBytes
  }

  /** Bytes kept now. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** The parts that `kind` needs for `unit`, by partKey. Throws {@link LayoutMismatchError} when an input is not what the unit says. */
  async partsOf(unit: Unit, kind: Pick<Kind, 'needs'>, signal: AbortSignal): Promise<InputParts> {
    const found = new Map<string, Uint8Array<ArrayBuffer>>()
    for (const { input, parts } of kind.needs(unit)) {
      const ref = unit.inputs[input]
      if (ref === undefined) throw new RangeError(`A unit with ${unit.inputs.length} inputs needs input ${input}.`)
      for (const [part, bytes] of await this.#inTurn(ref.id, () => this.#partsOfContent(ref, parts, signal)))
        found.set(partKey(input, part), bytes)
    }
    return found
  }

  /** Forgets everything. */
  clear(): void {
    this.#parts.clear()
    this.#manifests.clear()
    this.#sizeBytes = 0
  }

  #inTurn<T>(id: Digest, fetch: () => Promise<T>): Promise<T> {
    const turn = (this.#fetching.get(id) ?? Promise.resolve()).then(fetch)
    const over = (): void => {
      if (this.#fetching.get(id) === settled) this.#fetching.delete(id)
    }
    const settled = turn.then(over, over)
    this.#fetching.set(id, settled)
    return turn
  }

  async #partsOfContent(
    { id, layout }: ContentRef,
    wanted: readonly number[],
    signal: AbortSignal,
  ): Promise<Map<number, Uint8Array<ArrayBuffer>>> {
    const found = new Map<number, Uint8Array<ArrayBuffer>>()
    for (const part of wanted) {
      const bytes = this.#touch(`${id}/${part}`)
      if (bytes !== undefined) found.set(part, bytes)
    }
    const parts = wanted.filter((part) => !found.has(part))
    if (parts.length === 0) return found
    const onPart = (part: number, bytes: Uint8Array<ArrayBuffer>) => {
      found.set(part, bytes)
      this.#keep(`${id}/${part}`, bytes)
    }
    const known = this.#manifests.get(id)
    const manifest = await this.#fetch(id, {
      parts,
      onPart,
      signal,
      ...(known === undefined ? {} : { manifest: known }),
    })
    if (contentIdFromRoot(layout, merkleRoot(manifest.leaves)) !== id) throw new LayoutMismatchError(id)
    this.#keepManifest(id, manifest)
    return found
  }

  #touch(key: string): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#parts.get(key)
    if (bytes === undefined) return undefined
    this.#parts.delete(key)
    this.#parts.set(key, bytes)
    return bytes
  }

  #keep(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#parts.has(key) || bytes.length > this.#maxBytes) return
    this.#parts.set(key, bytes)
    this.#sizeBytes += bytes.length
    for (const [oldest, { length }] of this.#parts) {
      if (this.#sizeBytes <= this.#maxBytes) return
      this.#parts.delete(oldest)
      this.#sizeBytes -= length
    }
  }

  #keepManifest(id: Digest, manifest: ContentManifest): void {
    this.#manifests.delete(id)
    this.#manifests.set(id, manifest)
    const oldest = this.#manifests.size > MAX_MANIFESTS ? this.#manifests.keys().next() : undefined
    if (oldest?.done === false) this.#manifests.delete(oldest.value)
  }
}

/** An input has another layout than the unit says. */
export class LayoutMismatchError extends AppError {
  override readonly name = 'node.LayoutMismatch'
  constructor(id: Digest) {
    super('hostile', `Content ${id} has another layout than the unit says.`)
  }
}
