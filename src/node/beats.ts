// A node's beats on their way: each goes to the coordinator, which draws a witness, and to that witness directly. And the other way round:
// this node countersigns the beats of others.
import type { Clock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import type { SigningContext } from '#core/signed.ts'
import {
  type Beat,
  type Witness,
  nextSequence,
  signBeat,
  signWitness,
  verifyBeat,
  verifyWitness,
} from '#liveness/beat.ts'
import { beatStrip } from '#liveness/beat-strip.ts'
import { slotOf } from '#liveness/slot.ts'
import type { Peer } from '#net/peer.ts'
import { askWitness, sendBeat, serveWitness } from '#net/protocols/beat/handler.ts'
import type { BeatSlot } from './state.ts'
import type { BeatKey, BeatStatus, WorkerApi } from './worker-api.ts'

/** Slots in the strip that people see: an hour. */
export const STRIP_SLOTS = 60

/** Time for the beat that says goodbye. */
export const FAREWELL_TIMEOUT_MS = 1_500

/** What beats need. */
export type BeatsParts = {
  readonly peer: Peer
  readonly coordinator: PublicKey
  readonly signer: Signer
  readonly clock: Clock
  readonly worker: Pick<WorkerApi, 'startBeats' | 'setStatus' | 'beatNow'>
  readonly signing: () => SigningContext
  readonly onStrip: (strip: readonly BeatSlot[]) => void
}

type Taken = { readonly beat: Beat; readonly isWitnessed: boolean }

/** Beats of one node while it is connected. */
export class Beats {
  readonly #parts: BeatsParts
  readonly #stop = new AbortController()
  #taken: Taken[] = []
  #sequence = 0
  #stopWitness: (() => Promise<void>) | undefined

  constructor(parts: BeatsParts) {
    this.#parts = parts
  }

  /** Countersigns for others from now on, and beats once a slot with `key`. */
  async start(key: BeatKey): Promise<void> {
    const { worker, signing, peer } = this.#parts
    this.#stopWitness = await serveWitness(peer, (beat, remote) => this.#countersign(beat, remote.publicKey))
    await worker.startBeats(key, signing(), (beat) => void this.#send(beat, this.#stop.signal))
  }

  /** Sets what the next beats say; `isNow` beats at once, because others should know. */
  async say(status: BeatStatus, isNow: boolean): Promise<void> {
    await this.#parts.worker.setStatus(status, this.#parts.signing())
    if (isNow) await this.#send(await this.#parts.worker.beatNow(), this.#stop.signal)
  }

  /** Says goodbye: signed here, because the worker is gone already. */
  async sayStopped(status: Omit<BeatStatus, 'state'>): Promise<void> {
    this.#stop.abort()
    const { signer, clock, signing } = this.#parts
    const nowMs = clock.nowMs()
    const sequence = nextSequence(this.#sequence, nowMs)
    const beat = await signBeat(signer, signing(), { ...status, state: 'stopped', slot: slotOf(nowMs), sequence })
    await this.#send(beat, AbortSignal.timeout(FAREWELL_TIMEOUT_MS))
  }

  /** Stops countersigning. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#stopWitness?.()
  }

  /** Sends a beat. One that does not arrive is a gap in the strip, not an error. */
  async #send(beat: Beat, signal: AbortSignal): Promise<void> {
    this.#sequence = Math.max(this.#sequence, beat.body.sequence)
    let isWitnessed = false
    const ask = async (witness: PublicKey): Promise<Witness | null> => {
      const countersignature = await this.#askWitness(witness, beat, signal)
      isWitnessed = countersignature !== null
      return countersignature
    }
    const { peer, coordinator } = this.#parts
    const answer = await sendBeat(peer, coordinator, beat, ask, signal).catch(() => undefined)
    if (answer?.ok === true) this.#keep({ beat, isWitnessed })
  }

  async #askWitness(witness: PublicKey, beat: Beat, signal: AbortSignal): Promise<Witness | null> {
    try {
      const { countersignature } = await askWitness(this.#parts.peer, witness, beat, signal)
      const { network } = this.#parts.signing()
      const isValid = countersignature?.signer === witness && verifyWitness(countersignature, beat, network).ok
      return isValid ? countersignature : null
    } catch {
      return null
    }
  }

  async #countersign(beat: Beat, remote: PublicKey): Promise<Witness | null> {
    const { signer, signing, clock } = this.#parts
    const context = signing()
    if (beat.signer !== remote || !verifyBeat(beat, context.network, clock.nowMs()).ok) return null
    return signWitness(signer, context, beat)
  }

  #keep(taken: Taken): void {
    const lastSlot = slotOf(this.#parts.clock.nowMs())
    const firstSlot = lastSlot - STRIP_SLOTS + 1
    this.#taken = [...this.#taken, taken].filter(({ beat }) => beat.body.slot >= firstSlot)
    const strip = beatStrip(
      this.#taken.map(({ beat: { body }, isWitnessed }) => ({ ...body, witnesses: isWitnessed ? 1 : 0 })),
      firstSlot,
      STRIP_SLOTS,
    )
    this.#parts.onStrip(
      strip.map(({ state, witnesses }, index) => ({
        slot: firstSlot + index,
        state: state === 'silent' ? 'none' : state,
        isWitnessed: witnesses > 0,
      })),
    )
  }
}
