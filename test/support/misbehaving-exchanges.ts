// Exchanges of nodes that break the rules between commitment and reveal, composed of the real protocols. They exist in tests only.
import { EMPTY_ROOT } from '#core/merkle.ts'
import { accuse } from '#net/protocols/accuse/handler.ts'
import type { AccusationAnswer } from '#net/protocols/accuse/messages.ts'
import { sendCommitment, serveCommitments } from '#net/protocols/commit/handler.ts'
import { exchangeReveals, serveReveals } from '#net/protocols/reveal/handler.ts'
import type { RevealMessage } from '#net/protocols/reveal/messages.ts'
import type { LeasePeer } from '#net/protocols/lease/messages.ts'
import {
  type Computed,
  type Desk,
  type Exchange,
  type ExchangeParts,
  type Shown,
  openExchange,
} from '#node/exchange.ts'
import type { Close, CloseEntry } from '#verify/close.ts'
import { openingNonce, openingOf, signCommitment, signReveal } from '#verify/commit.ts'
import { COMMITMENT_TYPE, type Commitment, type Opening } from '#verify/commitment.ts'
import type { Reveal } from '#verify/reveal.ts'
import { signMessage } from '#core/signed.ts'
import { type Lease, leaseId } from '#work/lease.ts'

type OpenExchange = (parts: ExchangeParts) => Promise<Exchange>

/** From whom a node keeps its reveal. */
export type Withheld = 'peers' | 'coordinator' | 'everyone in time'

/** The exchange of a node that commits properly and then opens its commitment to some only, or to all when the lease is over. */
export function withholdingExchange(from: Withheld): OpenExchange {
  if (from === 'coordinator') return openUntoldExchange
  return async (parts) => {
    const stop = await serveCommitments(parts.peer, async () => true)
    return {
      join: (lease) => (from === 'peers' ? new SilentDesk(parts, lease) : new LateDesk(parts, lease)),
      close: stop,
    }
  }
}

/** Tells the peers, and never comes to tell the coordinator. */
const openUntoldExchange: OpenExchange = async (parts) => {
  const exchange = await openExchange(parts)
  return {
    close: () => exchange.close(),
    join(lease) {
      const desk = exchange.join(lease)
      return {
        addPeers: (peers) => desk.addPeers(peers),
        commit: (computed) => desk.commit(computed),
        leave: () => desk.leave(),
        async reveal(close) {
          await desk.reveal(close)
          return new Promise(() => {})
        },
      }
    },
  }
}

/** The exchange of a node that says one thing to every second peer and to the coordinator, and another to the rest. */
export async function openSplittingExchange(parts: ExchangeParts): Promise<Exchange> {
  const desks = new Map<string, SplittingDesk>() // by unit
  const stopCommitments = await serveCommitments(parts.peer, async () => true)
  const stopReveals = await serveReveals(
    parts.peer,
    async ({ close }) => (await desks.get(close.body.unit)?.revealOn(close)) ?? null,
  )
  return {
    join(lease) {
      const desk = new SplittingDesk(parts, lease)
      desks.set(lease.body.unit, desk)
      return desk
    },
    async close() {
      await stopCommitments()
      await stopReveals()
    },
  }
}

/**
 * The exchange of a node that finds every peer's reveal invalid and accuses it: of a commitment in its name that it did not sign, of its
 * own one under another lease, and of nothing. `onAnswer` hears what the coordinator makes of it.
 */
export function framingExchange(onAnswer: (answer: AccusationAnswer) => void): OpenExchange {
  return async (parts) => {
    const exchange = await openExchange(parts)
    return {
      close: () => exchange.close(),
      join(lease) {
        const desk = exchange.join(lease)
        return {
          addPeers: (peers) => desk.addPeers(peers),
          commit: (computed) => desk.commit(computed),
          leave: () => desk.leave(),
          async reveal(close) {
            const { reveal, shown } = await desk.reveal(close)
            for (const peer of shown) await frame(parts, lease, peer, onAnswer)
            return { reveal, shown: shown.map(asInvalid) }
          },
        }
      },
    }
  }
}

/** A desk that signs by itself and hands its commitment over as it pleases; it opens nothing. */
abstract class BareDesk implements Desk {
  protected readonly parts: ExchangeParts
  protected readonly lease: Lease
  readonly #left = Promise.withResolvers<void>()
  readonly #peers: LeasePeer[] = []
  #commitments: readonly Commitment[] | undefined

  constructor(parts: ExchangeParts, lease: Lease) {
    this.parts = parts
    this.lease = lease
  }

  get left(): Promise<void> {
    return this.#left.promise
  }

  addPeers(peers: readonly LeasePeer[]): void {
    for (const peer of peers) {
      this.#peers.push(peer)
      this.#handOver(peer, this.#peers.length)
    }
  }

  async commit(computed: Computed): Promise<Commitment> {
    const [own, ...others] = await this.commitments(computed)
    this.#commitments = [own, ...others]
    for (const [at, peer] of this.#peers.entries()) this.#handOver(peer, at + 1)
    return own
  }

  leave(): void {
    this.#left.resolve()
  }

  abstract reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }>

  /** The commitment that the coordinator is told; the peers are told all of them in turn, beginning with the second. */
  protected abstract commitments(computed: Computed): Promise<readonly [Commitment, ...Commitment[]]>

  protected opening(computed: Computed): Opening {
    return openingOf(this.lease, { ...computed, nonce: openingNonce(this.parts.random) })
  }

  protected signed(opening: Opening): Promise<Commitment> {
    return signCommitment(this.parts.signer, this.parts.signing(), opening)
  }

  #handOver({ node }: LeasePeer, turn: number): void {
    const commitment = this.#commitments?.[turn % this.#commitments.length]
    if (commitment === undefined) return
    sendCommitment(this.parts.peer, node, { lease: this.lease, commitment }).catch(() => undefined)
  }
}

/** A desk with one opening, which it has seen nobody else's of. */
class SilentDesk extends BareDesk {
  #opening: Opening | undefined

  protected async commitments(computed: Computed): Promise<readonly [Commitment, ...Commitment[]]> {
    this.#opening = this.opening(computed)
    return [await this.signed(this.#opening)]
  }

  async reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }> {
    const others = this.others(close)
    return {
      reveal: await this.revealOn(close),
      shown: others.map((entry) => ({ entry, handed: null, reveal: null, transport: null })),
    }
  }

  async revealOn(close: Close): Promise<Reveal> {
    if (this.#opening === undefined) throw new Error('Nothing was committed to.')
    return signReveal(this.parts.signer, this.parts.signing(), this.#opening, close)
  }

  protected others(close: Close) {
    return close.body.entries.filter(({ node }) => node !== this.parts.signer.publicKey)
  }
}

class LateDesk extends SilentDesk {
  override async reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }> {
    await this.left
    const { reveal, shown } = await super.reveal(close)
    for (const { node } of this.others(close))
      await exchangeReveals(this.parts.peer, node, { close, reveal }).catch(() => undefined)
    return { reveal, shown }
  }
}

class SplittingDesk extends SilentDesk {
  protected override async commitments(computed: Computed): Promise<readonly [Commitment, ...Commitment[]]> {
    const [told] = await super.commitments(computed)
    return [told, await this.signed(this.opening(computed))]
  }

  override async reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }> {
    const { reveal, shown } = await super.reveal(close)
    return { reveal, shown: await Promise.all(shown.map(({ entry }) => this.#shownBy(entry, { close, reveal }))) }
  }

  async #shownBy(entry: CloseEntry, mine: RevealMessage): Promise<Shown> {
    const nothing = { reveal: null, transport: null }
    const seen = await exchangeReveals(this.parts.peer, entry.node, mine).catch(() => nothing)
    return { entry, handed: null, reveal: seen.reveal, transport: seen.transport }
  }
}

async function frame(
  { peer, coordinator, signer, signing }: ExchangeParts,
  own: Lease,
  { handed }: Shown,
  onAnswer: (answer: AccusationAnswer) => void,
): Promise<void> {
  if (handed === null) return
  const { lease, commitment } = handed
  const body = { ...commitment.body, hash: EMPTY_ROOT }
  const planted = await signMessage(signer, COMMITMENT_TYPE, signing(), body)
  const altered = { ...commitment, body }
  const elsewhere = { ...commitment, body: { ...commitment.body, lease: leaseId(own) } }
  for (const commitments of [[commitment, planted], [commitment, altered], [commitment, elsewhere], [commitment]])
    onAnswer(await accuse(peer, coordinator, { lease, commitments }))
}

/** The reveal with another root in it than was signed. */
function asInvalid(shown: Shown): Shown {
  const { reveal } = shown
  return reveal === null ? shown : { ...shown, reveal: { ...reveal, body: { ...reveal.body, root: EMPTY_ROOT } } }
}
