// Brings the files that units need to where the worker keeps them. Units of one model wait for the first to bring it, and one that was
// interrupted goes on with what is missing.
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { Kind } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { PartFetcher } from './inputs.ts'
import type { FileKeeper } from './model-files.ts'

/** Brings files, one at a time each. */
export class FileFetch {
  readonly #fetch: PartFetcher
  readonly #keeper: FileKeeper
  readonly #turns = new Map<Digest, Promise<void>>()

  constructor(fetch: PartFetcher, keeper: FileKeeper) {
    this.#fetch = fetch
    this.#keeper = keeper
  }

  /** Brings every file that `kind` reads for `unit`. */
  async bring(unit: Unit, kind: Pick<Kind, 'files'>, signal: AbortSignal): Promise<void> {
    for (const input of kind.files?.(unit) ?? []) {
      const file = unit.inputs[input]
      if (file === undefined) throw new RangeError(`A unit with ${unit.inputs.length} inputs needs input ${input}.`)
      await this.#inTurn(file, signal)
    }
  }

  async #inTurn(file: ContentRef, signal: AbortSignal): Promise<void> {
    const before = this.#turns.get(file.id) ?? Promise.resolve()
    const turn = before.catch(() => undefined).then(() => this.#bringOne(file, signal))
    this.#turns.set(file.id, turn)
    try {
      await turn
    } finally {
      if (this.#turns.get(file.id) === turn) this.#turns.delete(file.id)
    }
  }

  async #bringOne(file: ContentRef, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const parts = await this.#keeper.missingParts(file)
    if (parts.length === 0) return
    try {
      await this.#fetch(file.id, {
        parts,
        signal,
        onManifest: ({ leaves }) => this.#keeper.beginFile(file, leaves),
        onPart: (index, bytes) => this.#keeper.keepPart(file.id, index, bytes),
      })
    } finally {
      await this.#keeper.closeFile(file.id)
    }
  }
}
