// Both sides of the blob protocols: fetch and serve, put and take. A fetch that loses its channel goes on with the parts that are missing.
import { type ContentLayout, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Channel } from '#net/channel.ts'
import type { Peer, PeerTarget } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import { Turns } from '#net/turns.ts'
import { delay } from '#net/wait.ts'
import {
  BLOB_GET_PROTOCOL,
  BLOB_PUT_PROTOCOL,
  MAX_FRUITLESS_ATTEMPTS,
  MAX_TRANSFERS,
  RETRY_DELAY_MS,
} from './constants.ts'
import { type Refusal, getSchema, gotSchema, putSchema } from './messages.ts'
import {
  type ContentManifest,
  type ContentSource,
  type PartTaker,
  answerPulls,
  pullManifest,
  pullParts,
} from './transfer.ts'

/** A content that a node offers under its lease. */
export type PutOffer = {
  readonly from: PublicKey
  readonly lease: Digest
  readonly id: Digest
  readonly layout: ContentLayout
}

/** Where results go. */
export interface ContentSink {
  /** The parts still wanted of what is offered, or why it is refused. */
  offered(offer: PutOffer): Promise<readonly number[] | Refusal>
  /** Keeps a part that is proven to belong to the offer. */
  part(offer: PutOffer, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** All wanted parts have come. */
  stored(offer: PutOffer, manifest: ContentManifest): Promise<void>
}

/** What to fetch and what to do with it. */
export type FetchOptions = {
  /** Parts wanted, in this order; all by default. */
  readonly parts?: readonly number[]
  /** The manifest, when it is known from an earlier fetch: its leaves are not asked for again. */
  readonly manifest?: ContentManifest
  readonly onManifest?: (manifest: ContentManifest) => void | Promise<void>
  readonly onPart: PartTaker
  readonly signal?: AbortSignal
}

/** Fetches parts of content `id` from `target`, each proven. Throws {@link ContentRefusedError}, ContentMismatchError, UnreachablePeerError. */
export async function fetchContent(
  peer: Peer,
  target: PeerTarget,
  id: Digest,
  options: FetchOptions,
): Promise<ContentManifest> {
  const progress = new FetchProgress(id, options)
  let fruitless = 0
  for (;;) {
    const before = progress.done
    try {
      return await fetchOnce(peer, target, progress, options.signal)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isWorthRetrying(error)) throw error
      fruitless = progress.done > before ? 0 : fruitless + 1
      if (fruitless >= MAX_FRUITLESS_ATTEMPTS) throw error
      await delay(peer.clock, RETRY_DELAY_MS * 2 ** fruitless, options.signal)
    }
  }
}

/** Serves contents of `source` to whom `mayRead` lets; returns the end of it. */
export function serveContent(
  peer: Peer,
  source: ContentSource,
  mayRead: (remote: PublicKey, id: Digest) => boolean | Promise<boolean> = () => true,
): Promise<() => Promise<void>> {
  const turns = new Turns(peer.clock, MAX_TRANSFERS)
  return handleProtocol(peer, BLOB_GET_PROTOCOL, async (channel, remote) => {
    const { id } = await channel.receive(getSchema, 'content request')
    const refuse = (reason: Refusal) => channel.send({ type: 'refused', reason })
    if (!(await mayRead(remote.publicKey, id))) return refuse('forbidden')
    const layout = await source.layout(id)
    if (layout === undefined) return refuse('unknown')
    await channel.send({ type: 'found', layout })
    await answerPulls(channel, { source, id, layout, turns }, channel.ended)
  })
}

/** Puts content `id` to `target` as the result under `lease`. Throws {@link ContentRefusedError}; what has come through stays there. */
export async function putContent(
  peer: Peer,
  target: PeerTarget,
  offer: Omit<PutOffer, 'from'>,
  source: Pick<ContentSource, 'leaves' | 'part'>,
  signal?: AbortSignal,
): Promise<void> {
  const { lease, id, layout } = offer
  const channel = await openChannel(peer, target, BLOB_PUT_PROTOCOL, { signal })
  await withChannel(channel, async () => {
    await channel.send({ type: 'put', lease, id, layout }, { signal })
    const end = await answerPulls(channel, { source, id, layout, turns: new Turns(peer.clock, 1) }, signal)
    if (end === undefined) throw new PutInterruptedError(id)
    if (end.type === 'refused') throw new ContentRefusedError(id, end.reason)
  })
}

/** Takes contents into `sink`; returns the end of it. */
export function takeContent(peer: Peer, sink: ContentSink): Promise<() => Promise<void>> {
  return handleProtocol(peer, BLOB_PUT_PROTOCOL, async (channel, remote) => {
    const { lease, id, layout } = await channel.receive(putSchema, 'content offer')
    const offer: PutOffer = { from: remote.publicKey, lease, id, layout }
    const wanted = await sink.offered(offer)
    if (typeof wanted === 'string') return channel.send({ type: 'refused', reason: wanted })
    const manifest = await pullManifest(channel, id, layout)
    await pullParts(channel, id, manifest, wanted, (index, bytes) => sink.part(offer, index, bytes))
    await sink.stored(offer, manifest)
    await channel.send({ type: 'stored' })
  })
}

/** What a fetch has so far; it outlives the channels it takes. */
class FetchProgress {
  readonly id: Digest
  readonly #options: FetchOptions
  readonly #taken = new Set<number>()
  manifest: ContentManifest | undefined

  constructor(id: Digest, options: FetchOptions) {
    this.id = id
    this.#options = options
    this.manifest = options.manifest
  }

  get done(): number {
    return this.#taken.size
  }

  async learn(manifest: ContentManifest): Promise<void> {
    this.manifest = manifest
    await this.#options.onManifest?.(manifest)
  }

  missing(manifest: ContentManifest): number[] {
    const wanted = this.#options.parts ?? Array.from({ length: partCount(manifest.layout) }, (_, index) => index)
    return wanted.filter((index) => !this.#taken.has(index))
  }

  async take(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#options.onPart(index, bytes)
    this.#taken.add(index)
  }
}

async function fetchOnce(
  peer: Peer,
  target: PeerTarget,
  progress: FetchProgress,
  signal: AbortSignal | undefined,
): Promise<ContentManifest> {
  const { id } = progress
  const channel = await openChannel(peer, target, BLOB_GET_PROTOCOL, { signal })
  return withChannel(channel, async () => {
    await channel.send({ type: 'get', id }, { signal })
    const answer = await channel.receive(gotSchema, 'answer to a content request', { signal })
    if (answer.type === 'refused') throw new ContentRefusedError(id, answer.reason)
    const manifest = progress.manifest ?? (await pullManifest(channel, id, answer.layout, signal))
    if (progress.manifest === undefined) await progress.learn(manifest)
    const take: PartTaker = (index, bytes) => progress.take(index, bytes)
    await pullParts(channel, id, manifest, progress.missing(manifest), take, signal)
    return manifest
  })
}

/** Runs `task` and closes the channel; an error cuts it, and drops the peer if it is the peer's. */
async function withChannel<T>(channel: Channel, task: () => Promise<T>): Promise<T> {
  try {
    const result = await task()
    void channel.close()
    return result
  } catch (error) {
    channel.abort(error as Error)
    throw error
  }
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof ContentRefusedError) return false
  if (error instanceof AppError) return error.kind === 'unavailable'
  return error instanceof Error && error.name === 'TimeoutError'
}

/** The peer does not give or take a content. */
export class ContentRefusedError extends AppError {
  override readonly name = 'net.ContentRefused'
  readonly reason: Refusal
  constructor(id: Digest, reason: Refusal) {
    super('unavailable', `The peer refused content ${id}: ${reason}.`)
    this.reason = reason
  }
}

/** The other side closed before it had everything. */
export class PutInterruptedError extends AppError {
  override readonly name = 'net.PutInterrupted'
  constructor(id: Digest) {
    super('unavailable', `The peer closed before it had taken content ${id}.`)
  }
}
