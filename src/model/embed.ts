// Texts to vectors: each is prefilled for itself, several in one step, and its residual rows behind the last layer are pooled.
import type { Digest } from '#core/digest.ts'
import { type FinalNorm, MeanPool } from '#tensor/exact/mean-pool.ts'
import type { DeviceModel, KvCache } from '#tensor/language-backend.ts'
import { PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { positionDigest } from './digest.ts'
import { cacheCapacity } from './generate.ts'
import { forward } from './transformer.ts'

/** A text's vector in Q15, the digests of its positions and the boundary leaves that they are made of. */
export type Embedded = {
  readonly vector: Int16Array<ArrayBuffer>
  readonly positions: readonly Digest[]
  readonly leaves: readonly (readonly Digest[])[]
}

/** Texts in one step: each has a cache of its own. */
const MAX_SEQUENCES = 8

type Text = {
  readonly tokens: readonly number[]
  readonly cache: KvCache
  readonly pool: MeanPool
  readonly positions: Digest[]
  readonly leaves: (readonly Digest[])[]
}

/** The vector of every text, in order; `onText` hears how many are done. How texts share steps does not change a byte. */
export async function embedTexts(
  model: DeviceModel,
  norm: FinalNorm,
  texts: readonly (readonly number[])[],
  options: { signal?: AbortSignal | undefined; onText?: ((done: number) => void) | undefined } = {},
): Promise<Embedded[]> {
  const waiting = [...texts]
  const embedded: Embedded[] = []
  let open: Text[] = []
  const close = (text: Text) => text.cache.close()
  try {
    while (waiting.length > 0 || open.length > 0) {
      options.signal?.throwIfAborted()
      fill(open, waiting, model, norm)
      await feedOne(model, open)
      const isDone = ({ positions, tokens }: Text) => positions.length === tokens.length
      for (const text of open.filter(isDone)) {
        embedded.push({ vector: text.pool.vector(), positions: text.positions, leaves: text.leaves })
        close(text)
        options.onText?.(embedded.length)
      }
      open = open.filter((text) => !isDone(text))
    }
    return embedded
  } finally {
    for (const text of open) close(text)
  }
}

/** Takes waiting texts as long as a step has room for all of them: so texts are done in their order. */
function fill(open: Text[], waiting: (readonly number[])[], model: DeviceModel, norm: FinalNorm): void {
  let rows = open.reduce((sum, { positions, tokens }) => sum + tokens.length - positions.length, 0)
  while (rows < PREFILL_ROWS && open.length < MAX_SEQUENCES) {
    const tokens = waiting.shift()
    if (tokens === undefined) return
    const cache = model.openCache(cacheCapacity(model.shape, tokens.length))
    open.push({ tokens, cache, pool: new MeanPool(norm), positions: [], leaves: [] })
    rows += tokens.length
  }
}

/** One step of at most {@link PREFILL_ROWS} rows: whole texts, the last one as far as there is room. */
async function feedOne(model: DeviceModel, open: readonly Text[]): Promise<void> {
  let room = PREFILL_ROWS
  const fed = open.flatMap((text) => {
    const tokens = text.tokens.slice(text.positions.length, text.positions.length + room)
    room -= tokens.length
    return tokens.length === 0 ? [] : [{ text, tokens }]
  })
  const sequences = fed.map(({ text, tokens }) => ({ cache: text.cache, tokens }))
  const { leaves, residual } = await forward(model, sequences, 'residual')
  let row = 0
  for (const { text, tokens } of fed)
    for (const token of tokens) {
      const own = leaves[row] ?? []
      text.leaves.push(own)
      text.positions.push(positionDigest(token, own))
      text.pool.add(residual[row] ?? new Int32Array(0))
      row++
    }
}
