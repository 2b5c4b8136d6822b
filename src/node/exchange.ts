// Commitments and reveals between the replicas of a unit, handed over directly: WebRTC first, the relay as the last resort.
// It carries and keeps what peers show; what that is worth is judged in judge.ts, and by the coordinator again.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { type SigningContext, messageId, signMessage, verifyMessage } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import { sendCommitment, serveCommitments } from '#net/protocols/commit/handler.ts'
import type { CommitMessage } from '#net/protocols/commit/messages.ts'
import type { LeasePeer } from '#net/protocols/lease/messages.ts'
import { REVEAL_TIMEOUT_MS } from '#net/protocols/reveal/constants.ts'
import { exchangeReveals, serveReveals } from '#net/protocols/reveal/handler.ts'
import type { RevealMessage } from '#net/protocols/reveal/messages.ts'
import { delay } from '#net/wait.ts'
import { type Close, type CloseEntry, closeId } from '#verify/close.ts'
import {
  COMMITMENT_TYPE,
  type Commitment,
  type CommitmentBody,
  type Opening,
  commitmentHash,
} from '#verify/commitment.ts'
import { REVEAL_TYPE, type Reveal, type RevealBody, type Transport } from '#verify/reveal.ts'
import { LEASE_TYPE, type Lease, type LeaseBody, leaseId } from '#work/lease.ts'
import { Mailbox } from './mailbox.ts'

/** What one other replica showed. Null where nothing came. */
export type Shown = {
  readonly entry: CloseEntry
  readonly commitment: Commitment | null
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
  /** The commitment that a peer handed over for its `lease`, if it has come. */
  commitmentOf(lease: Digest): Commitment | undefined
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
  const stopCommitments = await serveCommitments(parts.peer, (message, transport) =>
    takeCommitment(parts, desks, message, transport),
  )
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
  parts: ExchangeParts,
  desks: Mailbox<PeerDesk>,
  { lease, commitment }: CommitMessage,
  transport: Transport,
): Promise<boolean> {
  const { network } = parts.signing()
  if (lease.signer !== parts.coordinator || !verifyMessage(lease, LEASE_TYPE, network))
    throw new BadTicketError('its lease is not signed by the coordinator')
  if (!verifyMessage(commitment, COMMITMENT_TYPE, network) || commitment.body.unit !== lease.body.unit)
    throw new BadTicketError('its commitment is not signed for that unit')
  const desk = await desks.wait(deskKey(lease.body), { timeoutMs: DESK_WAIT_MS })
  return desk?.take(commitment, transport) ?? false
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
  readonly #commitments: Mailbox<Commitment> // by lease
  readonly #rounds: Mailbox<Round> // by round
  readonly #arrivals: Mailbox<Arrival> // by round and lease
  #opening: Opening | undefined
  #commitment: Commitment | undefined

  constructor(parts: ExchangeParts, lease: Lease, onLeave: () => void) {
    const { clock } = parts.peer
    this.#parts = parts
    this.#lease = lease
    this.#onLeave = onLeave
    this.#commitments = new Mailbox(clock)
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

  async commit({ root, tag }: Computed): Promise<Commitment> {
    const { signer, random, signing } = this.#parts
    const context = signing()
    const lease = leaseId(this.#lease)
    const { unit } = this.#lease.body
    const nonce = toHex(random.bytes(DIGEST_BYTES)) as Digest
    const opening: Opening = { network: context.network, lease, unit, node: signer.publicKey, root, tag, nonce }
    const body: CommitmentBody = { lease, unit, hash: commitmentHash(opening) }
    const commitment = await signMessage(signer, COMMITMENT_TYPE, context, body)
    this.#opening = opening
    this.#commitment = commitment
    for (const node of this.#peers.keys()) void this.#handOver(node, commitment)
    return commitment
  }

  commitmentOf(lease: Digest): Commitment | undefined {
    return this.#commitments.get(lease)
  }

  async reveal(close: Close): Promise<{ reveal: Reveal; shown: Shown[] }> {
    const reveal = await this.#sign(close)
    this.#rounds.put(roundKey(close), { close, reveal })
    const others = close.body.entries.filter((entry) => entry.node !== this.#parts.signer.publicKey)
    return { reveal, shown: await Promise.all(others.map((entry) => this.#shownBy(entry, { close, reveal }))) }
  }

  leave(): void {
    this.#left.abort(new DeskLeftError())
    this.#onLeave()
  }

  /** Keeps a peer's verified commitment. Two different ones for one lease are equivocation. */
  take(commitment: Commitment, _transport: Transport): boolean {
    const { lease } = commitment.body
    const known = this.#commitments.get(lease)
    if (known !== undefined && messageId(known) !== messageId(commitment)) throw new EquivocationError()
    this.#commitments.put(lease, commitment)
    return true
  }

  /** Answers a peer's reveal with this node's own: on the very close that this node was given, and to those on it alone. */
  async answer({ close, reveal }: RevealMessage, transport: Transport): Promise<Reveal | null> {
    const limits = { timeoutMs: CLOSE_WAIT_MS, signal: this.#left.signal }
    const round = await this.#rounds.wait(roundKey(close), limits)
    if (round === undefined || closeId(round.close) !== closeId(close)) return null
    const entry = close.body.entries.find((candidate) => candidate.node === reveal.signer)
    if (entry === undefined) throw new NotOnCloseError()
    this.#arrivals.put(arrivalKey(close, entry), { reveal, transport })
    return round.reveal
  }

  async #sign(close: Close): Promise<Reveal> {
    if (this.#opening === undefined) throw new NothingCommittedError()
    const { lease, root, tag, nonce } = this.#opening
    const body: RevealBody = { lease, close: closeId(close), root, tag, nonce }
    return signMessage(this.#parts.signer, REVEAL_TYPE, this.#parts.signing(), body)
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
    const commitment = await this.#commitments.wait(entry.lease, { ...limits, timeoutMs: DESK_WAIT_MS })
    return {
      entry,
      commitment: commitment ?? null,
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
