// Results on their way to the coordinator: a node may put exactly the content that it was told to deliver, under its lease.
import { contentBytes } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { ContentSink, PutOffer } from '#net/protocols/blob/handler.ts'
import type { ContentSource } from '#net/protocols/blob/transfer.ts'
import { type BlobDirectory, isComplete, missingParts } from '#coordinator/blobs/blob-directory.ts'

type Expected = { readonly from: PublicKey; readonly id: Digest; readonly onStored: () => void }

/** Deliveries that were asked for, by lease; and the coordinator's side of the blob protocols. */
export class Deliveries {
  readonly #blobs: BlobDirectory
  readonly #expected = new Map<Digest, Expected>()
  readonly #servedMs = new Map<Digest, number>()
  readonly #nowMs: () => number

  constructor(blobs: BlobDirectory, nowMs: () => number) {
    this.#blobs = blobs
    this.#nowMs = nowMs
  }

  /** Expects content `id` under `lease`; calls `onStored` when it is here. Returns the end of it. */
  expect(lease: Digest, expected: Expected): () => void {
    this.#expected.set(lease, expected)
    return () => this.#expected.delete(lease)
  }

  /** When a part of one of `contents` was last given to a node; 0 when none was. */
  lastServedMs(contents: readonly Digest[]): number {
    return Math.max(0, ...contents.map((id) => this.#servedMs.get(id) ?? 0))
  }

  /** Forgets when parts of `contents` were given. */
  forget(contents: readonly Digest[]): void {
    for (const id of contents) this.#servedMs.delete(id)
  }

  /** What nodes may get. */
  source(): ContentSource {
    return {
      layout: async (id) => (await this.#blobs.find(id))?.layout,
      leaves: async (id) => (await this.#blobs.get(id)).leaves,
      part: async (id, index) => {
        const bytes = await this.#blobs.read(id, index)
        this.#servedMs.set(id, this.#nowMs())
        return bytes
      },
    }
  }

  /** Where nodes put results. */
  sink(): ContentSink {
    return {
      offered: async (offer) => {
        if (this.#find(offer) === undefined) return 'unwanted'
        const content = await this.#blobs.find(offer.id)
        if (content === null || contentBytes(content.layout) !== contentBytes(offer.layout)) return 'unwanted'
        return missingParts(content)
      },
      part: async (offer, index, bytes) => {
        await this.#blobs.put(offer.id, index, bytes)
      },
      stored: async (offer) => {
        if (isComplete(await this.#blobs.get(offer.id))) this.#find(offer)?.onStored()
      },
    }
  }

  #find({ lease, from, id }: PutOffer): Expected | undefined {
    const expected = this.#expected.get(lease)
    return expected?.from === from && expected.id === id ? expected : undefined
  }
}
