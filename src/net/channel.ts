// A typed message channel over one libp2p stream. Messages are canonical CBOR, checked against a schema as they are received; bulk data
// goes as raw frames. Credits bound what can lie unread at the receiver (WebRTC has no read backpressure), waiting for the drain what
// lies unsent. Whatever breaks the form ends the channel and is reported, so that the peer is dropped and the node goes on.
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type * as v from 'valibot'
import { type CborValue, MESSAGE_BOUNDS, encodeCbor } from '#core/cbor.ts'
import type { Clock } from '#core/clock.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { decodeAs } from '#core/schema.ts'
import { type Frame, type FrameBounds, FrameReader, encodeCredit, encodeFrame } from './frame.ts'
import type { Traffic, TransportKind } from './traffic.ts'
import { type WaitOptions, waitFor } from './wait.ts'
import { waitDrain } from './wait-drain.ts'

/** What a frame costs beyond its payload, so that a flood of empty frames runs out of credit too. */
export const FRAME_COST_BYTES = 64

/** How long a closing channel waits for the other side to close as well before it is cut. */
export const CLOSE_TIMEOUT_MS = 5_000

/** Limits of a channel; both ends must hold the same, so they belong to the protocol. */
export type ChannelBounds = FrameBounds & {
  readonly idleTimeoutMs: number
  /** What may lie unread at the receiver, at least two of the largest frames. */
  readonly windowBytes: number
}

/** The smallest window that cannot come to a standstill: two of the largest frames. */
export function smallestWindow(bounds: FrameBounds): number {
  return 2 * (Math.max(bounds.maxMessageBytes, bounds.maxRawBytes) + FRAME_COST_BYTES)
}

/** What a channel is made of. */
export type ChannelInit = {
  readonly stream: Stream
  readonly protocol: string
  readonly remote: PublicKey
  readonly transport: TransportKind
  readonly bounds: ChannelBounds
  readonly clock: Clock
  readonly traffic: Traffic
  /** Told once of the error by which the peer broke the rules. */
  readonly onViolation: (error: AppError) => void
}

type DataFrame = Exclude<Frame, { kind: 'credit' }>
type Waiter = { resolve: (frame: DataFrame) => void; reject: (error: unknown) => void }

/** A message channel to one peer. Close it, or abort it. */
export class Channel {
  readonly protocol: string
  readonly remote: PublicKey
  /** How the bytes of this channel travel. */
  readonly transport: TransportKind
  readonly #init: ChannelInit
  readonly #reader: FrameReader
  readonly #windowCost: number
  readonly #queue: DataFrame[] = []
  readonly #waiters: Waiter[] = []
  readonly #ended = new AbortController()
  #sending: Promise<unknown> = Promise.resolve()
  #onCredit: (() => void) | undefined
  #unacknowledged = 0 // cost sent and not given back
  #unreturned = 0 // cost received and not given back
  #consumed = 0 // the part of it that has been read
  #lastActiveMs: number
  #endError: Error | undefined

  constructor(init: ChannelInit) {
    this.#init = init
    this.protocol = init.protocol
    this.remote = init.remote
    this.transport = init.transport
    this.#reader = new FrameReader(init.bounds)
    this.#windowCost = Math.max(init.bounds.windowBytes, smallestWindow(init.bounds))
    this.#lastActiveMs = init.clock.nowMs()
    init.traffic.count(init.protocol, init.transport, { channels: 1 })
    this.#listen()
    this.#watchIdle()
  }

  /** Aborts when no more frames will come, with the reason: for whatever should stop with the channel. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Sends a message; resolves when it is handed to the stream, after whatever was sent before it. */
  async send(message: CborValue, options: WaitOptions = {}): Promise<void> {
    const payload = encodeCbor(message)
    await this.#sendFrame('message', payload, this.#init.bounds.maxMessageBytes, options)
  }

  /** Sends raw bytes as one frame. */
  async sendBytes(bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    await this.#sendFrame('bytes', bytes, this.#init.bounds.maxRawBytes, options)
  }

  /** The next message. Throws CborError or SchemaError (and drops the peer), {@link ChannelClosedError} when there is none, TimeoutError. */
  async receive<T>(schema: v.GenericSchema<unknown, T>, what: string, options: WaitOptions = {}): Promise<T> {
    const frame = await this.#nextFrame(what, options)
    try {
      if (frame.kind !== 'message') throw new UnexpectedFrameError(what)
      return decodeAs(schema, frame.payload, what, { ...MESSAGE_BOUNDS, maxBytes: this.#init.bounds.maxMessageBytes })
    } catch (error) {
      this.abort(error as Error)
      throw error
    }
  }

  /** The next raw frame. Throws {@link UnexpectedFrameError} when a message came instead. */
  async receiveBytes(what: string, options: WaitOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const frame = await this.#nextFrame(what, options)
    if (frame.kind === 'bytes') return frame.payload
    const error = new UnexpectedFrameError(what)
    this.abort(error)
    throw error
  }

  /** Ends the channel: what was sent still arrives. Waits for the other side to close too, and cuts the stream if it does not. */
  async close(options: { signal?: AbortSignal } = {}): Promise<void> {
    const { stream, clock } = this.#init
    await this.#sending
    const deadline = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
    try {
      await stream.close({ signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline })
      await waitFor<void>(clock, 'the peer to close', { ...options, timeoutMs: CLOSE_TIMEOUT_MS }, (resolve) => {
        this.ended.addEventListener('abort', () => resolve(), { once: true })
        if (this.ended.aborted) resolve()
        return () => undefined
      })
    } catch {
      stream.abort(new ChannelClosedError(this.protocol, 'this side closed it'))
    }
    this.#end(new ChannelClosedError(this.protocol, 'this side closed it'))
  }

  /** Cuts the channel. An error of kind `hostile` is reported against the peer. */
  abort(error: Error): void {
    const isNew = !this.ended.aborted
    this.#end(error)
    this.#init.stream.abort(error)
    if (isNew && error instanceof AppError && error.kind === 'hostile') this.#init.onViolation(error)
  }

  #listen(): void {
    const { stream } = this.#init
    stream.addEventListener('message', (event: StreamMessageEvent) => this.#onData(event))
    stream.addEventListener('end', () => this.#onRemoteClose('the peer closed it'))
    stream.addEventListener('close', (event: StreamCloseEvent) =>
      this.#onRemoteClose(
        event.error === undefined ? 'the stream closed' : `the stream failed: ${event.error.message}`,
      ),
    )
    if (stream.readableEnded || stream.status === 'reset') this.#onRemoteClose('the peer closed it')
  }

  #onData(event: StreamMessageEvent): void {
    if (this.#endError !== undefined) return
    this.#lastActiveMs = this.#init.clock.nowMs()
    this.#init.traffic.count(this.protocol, this.transport, { receivedBytes: event.data.byteLength })
    try {
      for (const frame of this.#reader.push(event.data)) {
        if (frame.kind === 'credit') this.#takeCredit(frame.amount)
        else this.#takeFrame(frame)
      }
    } catch (error) {
      this.abort(error as Error)
    }
  }

  #takeCredit(amount: number): void {
    if (amount === 0 || amount > this.#unacknowledged) throw new CreditError(amount, this.#unacknowledged)
    this.#unacknowledged -= amount
    this.#onCredit?.()
  }

  #takeFrame(frame: DataFrame): void {
    this.#unreturned += costOf(frame.payload)
    if (this.#unreturned > this.#windowCost) throw new WindowError(this.#unreturned, this.#windowCost)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#queue.push(frame)
    else waiter.resolve(frame)
  }

  async #nextFrame(what: string, options: WaitOptions): Promise<DataFrame> {
    const frame = this.#queue.shift() ?? (await this.#waitForFrame(what, options))
    this.#consumed += costOf(frame.payload)
    if (this.#consumed >= this.#windowCost / 4) this.#returnCredit()
    return frame
  }

  #waitForFrame(what: string, options: WaitOptions): Promise<DataFrame> {
    if (this.#endError !== undefined) return Promise.reject(this.#endError)
    return waitFor<DataFrame>(this.#init.clock, `the ${what}`, options, (resolve, reject) => {
      const waiter = { resolve, reject }
      this.#waiters.push(waiter)
      return () => {
        const at = this.#waiters.indexOf(waiter)
        if (at >= 0) this.#waiters.splice(at, 1)
      }
    })
  }

  #returnCredit(): void {
    const credit = encodeCredit(this.#consumed)
    this.#unreturned -= this.#consumed
    this.#consumed = 0
    if (this.#init.stream.writeStatus === 'writable') this.#write(credit)
  }

  async #sendFrame(
    kind: DataFrame['kind'],
    payload: Uint8Array,
    maxBytes: number,
    options: WaitOptions,
  ): Promise<void> {
    if (payload.length > maxBytes) throw new FrameTooLargeError(this.protocol, payload.length, maxBytes)
    const turn = this.#sending.then(() => this.#sendInTurn(kind, payload, options))
    this.#sending = turn.catch(() => undefined)
    await turn
  }

  async #sendInTurn(kind: DataFrame['kind'], payload: Uint8Array, options: WaitOptions): Promise<void> {
    const cost = costOf(payload)
    options.signal?.throwIfAborted()
    while (this.#unacknowledged + cost > this.#windowCost) await this.#waitForCredit(options)
    await waitDrain(this.#init.stream, options.signal).catch((error: unknown) => {
      throw options.signal?.aborted === true ? error : (this.#endError ?? error)
    })
    if (this.#endError !== undefined && this.#init.stream.writeStatus !== 'writable') throw this.#endError
    this.#unacknowledged += cost
    this.#write(encodeFrame(kind, payload))
  }

  #waitForCredit(options: WaitOptions): Promise<void> {
    return waitFor<void>(this.#init.clock, 'the peer to read', options, (resolve, reject) => {
      const onEnd = () => reject(this.#endError)
      this.#onCredit = () => resolve()
      this.ended.addEventListener('abort', onEnd)
      if (this.ended.aborted) onEnd()
      return () => {
        this.#onCredit = undefined
        this.ended.removeEventListener('abort', onEnd)
      }
    })
  }

  #write(frame: Uint8Array): void {
    this.#lastActiveMs = this.#init.clock.nowMs()
    this.#init.traffic.count(this.protocol, this.transport, { sentBytes: frame.length })
    this.#init.stream.send(frame)
  }

  #watchIdle(): void {
    const { clock, bounds } = this.#init
    if (this.#endError !== undefined || !Number.isFinite(bounds.idleTimeoutMs)) return
    const idleMs = clock.nowMs() - this.#lastActiveMs
    if (idleMs >= bounds.idleTimeoutMs) {
      this.abort(new ChannelIdleError(this.protocol, bounds.idleTimeoutMs))
      return
    }
    const cancel = clock.after(bounds.idleTimeoutMs - idleMs, () => {
      this.ended.removeEventListener('abort', cancel)
      this.#watchIdle()
    })
    this.ended.addEventListener('abort', cancel, { once: true })
  }

  #onRemoteClose(reason: string): void {
    this.#end(new ChannelClosedError(this.protocol, reason))
  }

  #end(error: Error): void {
    if (this.#endError !== undefined) return
    this.#endError = error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
    this.#ended.abort(error)
  }
}

function costOf(payload: Uint8Array): number {
  return payload.length + FRAME_COST_BYTES
}

/** The channel is over: the peer or this side closed it, or the connection is gone. */
export class ChannelClosedError extends AppError {
  override readonly name = 'net.ChannelClosed'
  constructor(protocol: string, reason: string) {
    super('unavailable', `The channel ${protocol} is closed: ${reason}.`)
  }
}

/** Nothing was sent or received for too long. */
export class ChannelIdleError extends AppError {
  override readonly name = 'net.ChannelIdle'
  constructor(protocol: string, idleTimeoutMs: number) {
    super('unavailable', `The channel ${protocol} was silent for ${idleTimeoutMs} ms.`)
  }
}

/** This side tried to send more than the protocol allows in one frame. */
export class FrameTooLargeError extends AppError {
  override readonly name = 'net.FrameTooLarge'
  constructor(protocol: string, sizeBytes: number, maxBytes: number) {
    super('input', `A frame of ${protocol} would have ${sizeBytes} bytes, more than ${maxBytes}.`)
  }
}

/** The peer sent a message where raw bytes were due, or the other way round. */
export class UnexpectedFrameError extends AppError {
  override readonly name = 'net.UnexpectedFrame'
  constructor(what: string) {
    super('hostile', `The peer sent another kind of frame than the ${what}.`)
  }
}

/** The peer gave back more credit than it was owed. */
export class CreditError extends AppError {
  override readonly name = 'net.Credit'
  constructor(amount: number, owed: number) {
    super('hostile', `The peer gave back a credit of ${amount} where ${owed} was owed.`)
  }
}

/** The peer sent more than its credit allows. */
export class WindowError extends AppError {
  override readonly name = 'net.Window'
  constructor(cost: number, window: number) {
    super('hostile', `The peer sent frames worth ${cost} bytes unread, more than the window of ${window}.`)
  }
}
