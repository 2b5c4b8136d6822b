// Frames of a channel: one byte of kind, four of length (big endian), then the payload. Kinds: 0 a CBOR message, 1 raw bytes,
// 2 a credit, whose length is the amount given back and which has no payload. A head that lies is refused before its payload comes.
import { Uint8ArrayList } from 'uint8arraylist'
import { AppError } from '#core/errors.ts'

/** Bytes of a frame's head. */
export const FRAME_HEAD_BYTES = 5

/** Largest payload of a frame by kind; a kind whose bound is 0 is refused. */
export type FrameBounds = { readonly maxMessageBytes: number; readonly maxRawBytes: number }

/** A frame as it was read. */
export type Frame =
  | { readonly kind: 'message' | 'bytes'; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'credit'; readonly amount: number }

const KINDS = ['message', 'bytes', 'credit'] as const

/** A frame of `kind` around `payload`, its head included. */
export function encodeFrame(kind: 'message' | 'bytes', payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + payload.length)
  writeHead(frame, kind, payload.length)
  frame.set(payload, FRAME_HEAD_BYTES)
  return frame
}

/** A credit frame that gives back `amount`. */
export function encodeCredit(amount: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEAD_BYTES)
  writeHead(frame, 'credit', amount)
  return frame
}

/** Cuts arriving bytes into frames. */
export class FrameReader {
  readonly #bounds: FrameBounds
  readonly #pending = new Uint8ArrayList()

  constructor(bounds: FrameBounds) {
    this.#bounds = bounds
  }

  /** Bytes of a frame that is not complete yet. */
  get pendingBytes(): number {
    return this.#pending.byteLength
  }

  /** Takes `chunk` and returns the frames it completes. Throws {@link FrameError} on an unknown kind or a length past its bound. */
  push(chunk: Uint8Array | Uint8ArrayList): Frame[] {
    this.#pending.append(chunk)
    const frames: Frame[] = []
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Frame | undefined {
    if (this.#pending.byteLength < FRAME_HEAD_BYTES) return undefined
    const kind = KINDS[this.#pending.get(0)]
    const length = new DataView(new Uint8Array(this.#pending.subarray(1, FRAME_HEAD_BYTES)).buffer).getUint32(0)
    if (kind === undefined) throw new FrameError(`is of the unknown kind ${this.#pending.get(0)}`)
    if (kind === 'credit') {
      this.#pending.consume(FRAME_HEAD_BYTES)
      return { kind, amount: length }
    }
    const bound = kind === 'message' ? this.#bounds.maxMessageBytes : this.#bounds.maxRawBytes
    if (length > bound) throw new FrameError(`of kind "${kind}" has ${length} bytes, more than ${bound}`)
    if (this.#pending.byteLength < FRAME_HEAD_BYTES + length) return undefined
    const payload = new Uint8Array(this.#pending.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length))
    this.#pending.consume(FRAME_HEAD_BYTES + length)
    return { kind, payload }
  }
}

function writeHead(frame: Uint8Array<ArrayBuffer>, kind: Frame['kind'], length: number): void {
  frame[0] = KINDS.indexOf(kind)
  new DataView(frame.buffer).setUint32(1, length)
}

/** A frame breaks the bounds of its channel. */
export class FrameError extends AppError {
  override readonly name = 'net.Frame'
  constructor(problem: string) {
    super('hostile', `A frame ${problem}.`)
  }
}
