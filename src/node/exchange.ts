// Commitments and reveals between the replicas of a unit, handed over directly: WebRTC first, the relay as the last resort.
// It carries and keeps what peers show; what that is worth is judged in judge.ts, and by the coordinator again.
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { type Checkpoint, type SigningContext, messageId } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { sendCommitment, serveCommitments } from '#net/protocols/commit/handler.ts'
import type { CommitMessage } from '#net/protocols/commit/messages.ts'
import type { LeasePeer } from '#net/protocols/lease/messages.ts'
import { REVEAL_TIMEOUT_MS } from '#net/protocols/reveal/constants.ts'
import { exchangeReveals, serveReveals } from '#net/protocols/reveal/handler.ts'
import type { RevealMessage } from '#net/protocols/reveal/messages.ts'
import { delay } from '#net/wait.ts'
import { type Close, type CloseEntry, closeId } from '#verify/close.ts'
import type { Equivocation } from '#verify/equivocation.ts'
import { openingNonce, openingOf, signCommitment, signReveal, verifyCommitment } from '#verify/commit.ts'
import type { Commitment, Opening } from '#verify/commitment.ts'
import type { Reveal, Transport } from '#verify/reveal.ts'
import { type Lease, type LeaseBody, leaseId } from '#work/lease.ts'
import { Mailbox } from './mailbox.ts'

/** A commitment as its node handed it over, with the lease it was made under. */
export type Handed = { readonly lease: Lease; readonly commitment: Commitment }

/** What one other replica showed. Null where nothing came. */
export type Shown = {
  readonly entry: CloseEntry
  readonly handed: Handed | null
  readonly reveal: Reveal | null
  readonly transport: Transport | null
}

/** A computed result as it is committed to. */
export type Computed = { readonly root: Digest; readonly tag: Digest }

/** One lease's side of the exchange: its own commitment, and the other replicas. */
export interface Desk {
  /** Names peers; each comes with the lease that entitles it. More may join later. */
  addPeers(peers: readonly LeasePeer[]): void
  /** Signs the commitment to `computed` and hands it to every peer, present and later ones. */
  commit(computed: Computed): Promise<Commitment>
  /** Opens the commitment to every other node on the list and collects what they show. */
  reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }>
  /** Ends the desk: what comes later is refused. */
  leave(): void
}

/** Makes desks. */
export interface Exchange {
  join(lease: Lease): Desk
  close(): Promise<void>
}

/** What an exchange is made of. `signing` gives the network and the checkpoint that signatures carry at that moment. */
export type ExchangeParts = {
  readonly peer: Peer
  readonly signer: Signer
  readonly coordinator: PublicKey
  readonly random: Random
  readonly signing: () => SigningContext
  /** Told what state of the log a peer signed. */
  readonly onPeerCheckpoint: (checkpoint: Checkpoint, node: PublicKey) => void
  /** Keeps proof that a peer or the coordinator contradicted itself, and tells who has to know. */
  readonly onEquivocation: (pair: Equivocation, lease: Lease | null) => void
}

/** A commitment can come before this node's own offer: it is held this long for it. */
export const DESK_WAIT_MS = 5_000

/** A reveal can come before this node's own close: the sender waits this long for it. */
export const CLOSE_WAIT_MS = 20_000

/** The lower key begins an exchange; when it has not after this time the higher one does. */
export const BEGIN_AFTER_MS = 8_000

/** Tries to reach a peer, with growing pauses. */
const MAX_TRIES = 4
const FIRST_PAUSE_MS = 500

/** Serves commitments and reveals on `parts.peer` until it is closed. */
export async function openExchange(parts: ExchangeParts): Promise<Exchange> {
  const desks = new Mailbox<PeerDesk>(parts.peer.clock)
  const stopCommitments = await serveCommitments(parts.peer, (message) => takeCommitment(parts, desks, message))
  const stopReveals = await serveReveals(parts.peer, async (message, transport) => {
    const desk = desks.get(deskKey(message.close.body))
    return desk === undefined ? null : desk.answer(message, transport)
  })
  return {
    join(lease) {
      const key = deskKey(lease.body)
      const desk = new PeerDesk(parts, lease, () => {
        if (desks.get(key) === desk) desks.delete(key)
      })
      desks.put(key, desk)
      return desk
    },
    async close() {
      await stopCommitments()
      await stopReveals()
    },
  }
}

async function takeCommitment(
  { coordinator, signing, onPeerCheckpoint }: ExchangeParts,
  desks: Mailbox<PeerDesk>,
  handed: CommitMessage,
): Promise<boolean> {
  const { lease, commitment } = handed
  const verdict = verifyCommitment(commitment, lease, { network: signing().network, coordinator })
  if (!verdict.ok) throw new BadTicketError(verdict.reason)
  onPeerCheckpoint(commitment.checkpoint, commitment.signer)
  const desk = await desks.wait(deskKey(lease.body), { timeoutMs: DESK_WAIT_MS })
  return desk?.take(handed) ?? false
}

/** Replicas of one admission of one unit sit at one desk, whatever their attempt. */
function deskKey({ unit, admissionLeaf }: Pick<LeaseBody, 'unit' | 'admissionLeaf'>): string {
  return `${unit}/${admissionLeaf}`
}

type Arrival = { readonly reveal: Reveal | null; readonly transport: Transport }
type Round = { readonly close: Close; readonly reveal: Reveal }

class PeerDesk implements Desk {
  readonly #parts: ExchangeParts
  readonly #lease: Lease
  readonly #onLeave: () => void
  readonly #left = new AbortController()
  readonly #peers = new Map<PublicKey, LeasePeer>()
  readonly #handed: Mailbox<Handed> // by lease
  readonly #rounds: Mailbox<Round> // by round
  readonly #arrivals: Mailbox<Arrival> // by round and lease
  #opening: Opening | undefined
  #commitment: Commitment | undefined

  constructor(parts: ExchangeParts, lease: Lease, onLeave: () => void) {
    const { clock } = parts.peer
    this.#parts = parts
    this.#lease = lease
    this.#onLeave = onLeave
    this.#handed = new Mailbox(clock)
    this.#rounds = new Mailbox(clock)
    this.#arrivals = new Mailbox(clock)
  }

  addPeers(peers: readonly LeasePeer[]): void {
    for (const peer of peers) {
      if (peer.node === this.#parts.signer.publicKey || this.#peers.has(peer.node)) continue
      this.#peers.set(peer.node, peer)
      // The connection is made while the unit is computed; who cannot be reached directly is tried again when there is something to say.
      this.#parts.peer.connect(peer.node, { requireDirect: true, signal: this.#left.signal }).catch(() => undefined)
      if (this.#commitment !== undefined) void this.#handOver(peer.node, this.#commitment)
    }
  }

  async commit(computed: Computed): Promise<Commitment> {
    const { signer, random, signing } = this.#parts
    const opening = openingOf(this.#lease, { ...computed, nonce: openingNonce(random) })
    const commitment = await signCommitment(signer, signing(), opening)
    this.#opening = opening
    this.#commitment = commitment
    for (const node of this.#peers.keys()) void this.#handOver(node, commitment)
    return commitment
  }

  async reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }> {
    if (this.#opening === undefined) throw new NothingCommittedError()
    const reveal = await signReveal(this.#parts.signer, this.#parts.signing(), this.#opening, close)
    this.#rounds.put(roundKey(close), { close, reveal })
    const others = close.body.entries.filter((entry) => entry.node !== this.#parts.signer.publicKey)
    return { reveal, shown: await Promise.all(others.map((entry) => this.#shownBy(entry, { close, reveal }))) }
  }

  leave(): void {
    this.#left.abort(new DeskLeftError())
    this.#onLeave()
  }

  /** Keeps a peer's verified commitment. Two different ones for one lease are equivocation. */
  take(handed: Handed): boolean {
    const id = leaseId(handed.lease)
    const known = this.#handed.get(id)
    if (known !== undefined && messageId(known.commitment) !== messageId(handed.commitment)) {
      const messages = [known.commitment, handed.commitment] as const
      this.#parts.onEquivocation({ about: 'commitment', messages }, handed.lease)
      throw new EquivocationError()
    }
    this.#handed.put(id, { lease: handed.lease, commitment: handed.commitment })
    return true
  }

  /** Answers a peer's reveal with this node's own: on the very close that this node was given, and to those on it alone. */
  async answer({ close, reveal }: RevealMessage, transport: Transport): Promise<Reveal | null> {
    const limits = { timeoutMs: CLOSE_WAIT_MS, signal: this.#left.signal }
    const round = await this.#rounds.wait(roundKey(close), limits)
    if (round === undefined) return null
    if (closeId(round.close) !== closeId(close)) {
      this.#parts.onEquivocation({ about: 'close', messages: [round.close, close] }, null)
      return null
    }
    const entry = close.body.entries.find((candidate) => candidate.node === reveal.signer)
    if (entry === undefined) throw new NotOnCloseError()
    this.#arrivals.put(arrivalKey(close, entry), { reveal, transport })
    return round.reveal
  }

  async #handOver(node: PublicKey, commitment: Commitment): Promise<void> {
    await this.#persist(async () => {
      const message = { lease: this.#lease, commitment }
      const { isTaken } = await sendCommitment(this.#parts.peer, node, message, this.#left.signal)
      return isTaken
    })
  }

  async #shownBy(entry: CloseEntry, round: Round): Promise<Shown> {
    const key = arrivalKey(round.close, entry)
    const limits = { timeoutMs: REVEAL_TIMEOUT_MS, signal: this.#left.signal }
    if (this.#parts.signer.publicKey > entry.node)
      await this.#arrivals.wait(key, { ...limits, timeoutMs: BEGIN_AFTER_MS })
    if (this.#arrivals.get(key) === undefined) void this.#ask(entry, round)
    const arrival = await this.#arrivals.wait(key, limits)
    const handed = await this.#handed.wait(entry.lease, { ...limits, timeoutMs: DESK_WAIT_MS })
    return {
      entry,
      handed: handed ?? null,
      reveal: arrival?.reveal ?? null,
      transport: arrival?.transport ?? null,
    }
  }

  async #ask(entry: CloseEntry, { close, reveal }: Round): Promise<void> {
    await this.#persist(async () => {
      const arrival = await exchangeReveals(this.#parts.peer, entry.node, { close, reveal }, this.#left.signal)
      if (arrival.reveal !== null) this.#arrivals.put(arrivalKey(close, entry), arrival)
      return arrival.reveal !== null
    })
  }

  /** Tries until it succeeds, the desk is left or the tries are used up. A peer that stays away is a missing one, not an error. */
  async #persist(attempt: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES && !this.#left.signal.aborted; tries++) {
      if (await attempt().catch(() => false)) return
      await delay(this.#parts.peer.clock, FIRST_PAUSE_MS * 2 ** tries, this.#left.signal).catch(() => undefined)
    }
  }
}

function roundKey({ body }: Close): string {
  return String(body.round)
}

function arrivalKey({ body }: Close, entry: CloseEntry): string {
  return `${body.round}/${entry.lease}`
}

/** A peer's commitment comes without a lease that entitles it to be heard. */
export class BadTicketError extends AppError {
  override readonly name = 'node.BadTicket'
  constructor(problem: string) {
    super('hostile', `The peer's commitment is refused: ${problem}.`)
  }
}

/** A peer signed two different commitments for one lease. */
export class EquivocationError extends AppError {
  override readonly name = 'node.Equivocation'
  constructor() {
    super('hostile', 'The peer signed two different commitments for one lease.')
  }
}

/** A peer asked for a reveal on a close that does not name it. */
export class NotOnCloseError extends AppError {
  override readonly name = 'node.NotOnClose'
  constructor() {
    super('hostile', 'The peer asked for a reveal on a close that does not name it.')
  }
}

/** A reveal was asked for before there was a commitment. */
export class NothingCommittedError extends AppError {
  override readonly name = 'node.NothingCommitted'
  constructor() {
    super('bug', 'There is nothing to reveal: no commitment was made.')
  }
}

/** The lease is over, and its exchange with it. */
export class DeskLeftError extends AppError {
  override readonly name = 'node.DeskLeft'
  constructor() {
    super('unavailable', 'The lease is over.')
  }
}
