// Hands a computed result to the coordinator, which pulls the parts that it does not have yet.
import { contentId } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { putContent } from '#net/protocols/blob/handler.ts'
import type { Content } from './lease-run.ts'

/** Puts `content` as the result under `lease`. Throws ContentRefusedError, UnreachablePeerError, the signal's reason. */
export async function putResult(
  peer: ContributorPeer,
  lease: Digest,
  { layout, leaves, parts }: Content,
  signal: AbortSignal,
): Promise<void> {
  const source = {
    leaves: async () => leaves,
    part: async (_id: Digest, index: number) => {
      const bytes = parts[index]
      if (bytes === undefined) throw new RangeError(`The result has ${parts.length} parts, not ${index + 1}.`)
      return bytes
    },
  }
  await putContent(peer, peer.coordinator, { lease, id: contentId(layout, leaves), layout }, source, signal)
}
