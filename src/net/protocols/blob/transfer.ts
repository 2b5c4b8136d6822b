// The pull that getting and putting share. The side that has the content answers requests from a source; the side that wants it checks the
// leaf digests against the content's id and every part against its leaf as it comes: nothing unproven is handed on.
import { concat, fromHex, toHex } from '#core/bytes.ts'
import { type ContentLayout, contentId, partCount, partSpan } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigestAsync } from '#core/merkle.ts'
import { type Channel, ChannelClosedError } from '#net/channel.ts'
import type { Turns } from '#net/turns.ts'
import { LEAVES_PER_FRAME, MAX_PARTS_PER_REQUEST, PART_TIMEOUT_MS } from './constants.ts'
import { type Pull, pullSchema } from './messages.ts'

/** What is known of a content before its parts: layout and leaf digests, which together give its id. */
export type ContentManifest = { readonly layout: ContentLayout; readonly leaves: readonly Digest[] }

/** Where contents come from. */
export interface ContentSource {
  /** Layout of a content, undefined when it is not here. */
  layout(id: Digest): Promise<ContentLayout | undefined>
  /** Leaf digests of its parts, in order. */
  leaves(id: Digest): Promise<readonly Digest[]>
  /** Bytes of part `index`. */
  part(id: Digest, index: number): Promise<Uint8Array>
}

/** Takes a proven part. */
export type PartTaker = (index: number, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>

/** What is being given: a content, and the turns in which its giver sends. */
export type Giving = {
  readonly source: Pick<ContentSource, 'leaves' | 'part'>
  readonly id: Digest
  readonly layout: ContentLayout
  readonly turns: Turns
}

/** Answers pulls until the other side closes or says how it ended. A turn is held while sending only, never while waiting for a request. */
export async function answerPulls(
  channel: Channel,
  giving: Giving,
  signal?: AbortSignal,
): Promise<Extract<Pull, { type: 'refused' | 'stored' }> | undefined> {
  const { source, id, turns } = giving
  for (;;) {
    const pull = await nextPull(channel, signal)
    if (pull === undefined || pull.type === 'refused' || pull.type === 'stored') return pull
    await turns.take(async () => {
      if (pull.type === 'leaves') await sendLeaves(channel, await source.leaves(id), signal)
      else await sendParts(channel, giving, pull.parts, signal)
    }, signal)
  }
}

/** Pulls the leaf digests and checks them against `id`. Throws {@link ContentMismatchError}. */
export async function pullManifest(
  channel: Channel,
  id: Digest,
  layout: ContentLayout,
  signal?: AbortSignal,
): Promise<ContentManifest> {
  const total = partCount(layout)
  const leaves: Digest[] = []
  if (total > 0) await channel.send({ type: 'leaves' }, { signal })
  while (leaves.length < total) {
    const frame = await channel.receiveBytes('leaf digests', { signal, timeoutMs: PART_TIMEOUT_MS })
    const expected = Math.min(LEAVES_PER_FRAME, total - leaves.length) * DIGEST_BYTES
    if (frame.length !== expected)
      throw new ContentMismatchError(id, `${frame.length} bytes of leaves, not ${expected}`)
    for (let at = 0; at < frame.length; at += DIGEST_BYTES)
      leaves.push(toHex(frame.subarray(at, at + DIGEST_BYTES)) as Digest)
  }
  if (contentId(layout, leaves) !== id) throw new ContentMismatchError(id, 'leaves that belong to another content')
  return { layout, leaves }
}

/** Pulls `parts` and hands each on once it is proven. Throws {@link ContentMismatchError} on a part that is not what its leaf says. */
export async function pullParts(
  channel: Channel,
  id: Digest,
  { layout, leaves }: ContentManifest,
  parts: readonly number[],
  take: PartTaker,
  signal?: AbortSignal,
): Promise<void> {
  for (let at = 0; at < parts.length; at += MAX_PARTS_PER_REQUEST) {
    const batch = parts.slice(at, at + MAX_PARTS_PER_REQUEST)
    await channel.send({ type: 'parts', parts: batch }, { signal })
    for (const index of batch) {
      const bytes = await channel.receiveBytes(`part ${index}`, { signal, timeoutMs: PART_TIMEOUT_MS })
      const { length } = partSpan(layout, index)
      if (bytes.length !== length || (await leafDigestAsync(bytes)) !== leaves[index])
        throw new ContentMismatchError(id, `other bytes as part ${index}`)
      await take(index, bytes)
    }
  }
}

async function nextPull(channel: Channel, signal: AbortSignal | undefined): Promise<Pull | undefined> {
  try {
    return await channel.receive(pullSchema, 'request for parts', { signal })
  } catch (error) {
    if (error instanceof ChannelClosedError) return undefined
    throw error
  }
}

async function sendLeaves(channel: Channel, leaves: readonly Digest[], signal: AbortSignal | undefined): Promise<void> {
  for (let at = 0; at < leaves.length; at += LEAVES_PER_FRAME) {
    const frame = concat(...leaves.slice(at, at + LEAVES_PER_FRAME).map((leaf) => fromHex(leaf, DIGEST_BYTES)))
    await channel.sendBytes(frame, { signal, timeoutMs: PART_TIMEOUT_MS })
  }
}

async function sendParts(
  channel: Channel,
  { source, id, layout }: Giving,
  parts: readonly number[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const total = partCount(layout)
  for (const index of parts) {
    if (index >= total) throw new NoSuchPartError(id, index, total)
    await channel.sendBytes(await source.part(id, index), { signal, timeoutMs: PART_TIMEOUT_MS })
  }
}

/** A peer gave something else than the content that was asked for. */
export class ContentMismatchError extends AppError {
  override readonly name = 'net.ContentMismatch'
  constructor(id: Digest, what: string) {
    super('hostile', `The peer sent ${what} for content ${id}.`)
  }
}

/** A peer asked for a part that the content does not have. */
export class NoSuchPartError extends AppError {
  override readonly name = 'net.NoSuchPart'
  constructor(id: Digest, index: number, total: number) {
    super('hostile', `The peer asked for part ${index} of content ${id}, which has ${total}.`)
  }
}
