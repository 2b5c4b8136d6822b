// Where a verification finds bytes: contents at hand by their ids, or else a coordinator's, neither of them believed.
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { PartSource } from '#verify/content-file.ts'
import { fetchPart, leavesOf } from './download.ts'
import type { Http } from './http.ts'
import { type Addressed, type ContentSource, addressOf } from './parts.ts'

/** Contents that are here, by id. */
export type ContentsAtHand = Map<Digest, { source: ContentSource; addressed: Addressed }>

/** Reads each of `sources` once to learn its id. */
export async function contentsAtHand(sources: readonly ContentSource[], signal?: AbortSignal): Promise<ContentsAtHand> {
  const contents: ContentsAtHand = new Map()
  for (const source of sources) {
    const addressed = await addressOf(source, { signal })
    contents.set(addressed.ref.id, { source, addressed })
  }
  return contents
}

/** Parts at hand, or else the coordinator's. */
export function partSource(
  local: ContentsAtHand,
  { http, signal }: { readonly http?: Http | undefined; readonly signal?: AbortSignal | undefined },
): PartSource {
  const remoteLeaves = new Map<Digest, Promise<readonly Digest[]>>()
  const leavesFrom = (content: ContentRef): Promise<readonly Digest[]> => {
    if (http === undefined) throw new MissingContentError(content.id)
    const asked = remoteLeaves.get(content.id) ?? leavesOf(http, content, signal)
    remoteLeaves.set(content.id, asked)
    return asked
  }
  return {
    async leaves(content) {
      return local.get(content.id)?.addressed.leaves ?? leavesFrom(content)
    },
    async part(content, index) {
      const here = local.get(content.id)
      if (here !== undefined) return here.source.readPart(index)
      const leaf = (await leavesFrom(content))[index]
      if (http === undefined || leaf === undefined) throw new MissingContentError(content.id)
      return fetchPart(http, content, index, leaf, signal)
    },
  }
}

/** A recomputation needs bytes that are neither at hand nor at a coordinator. */
export class MissingContentError extends AppError {
  override readonly name = 'sdk.MissingContent'
  constructor(id: Digest) {
    super('input', `Computing it again needs content ${id}: give the inputs, its file, or a coordinator that has it.`)
  }
}
