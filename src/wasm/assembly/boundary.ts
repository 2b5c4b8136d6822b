// Leaves of boundary rows: digests of their chunks, and the leaf over them, as src/tensor/exact/boundary.ts has it.
import { Step, rowAt } from './records'
import { sha256 } from './sha256'
import { sha256Four } from './sha256-four'

const CHUNK_BYTES: i32 = 1024

/** Rows of a piece: they are hashed beside each other. */
export const HASHED_ROWS: i32 = 4

/** Leaves of boundary `b` of up to four rows from `first` on to (rows, 32) at `leaves`. `scratch` holds their messages of digests and FOUR_BYTES. */
export function hashRows(step: Step, boundary: i32, first: i32, width: i32, leaves: usize, scratch: usize): void {
  const count = min(HASHED_ROWS, step.count - first)
  const messageSize = HEAD_BYTES + chunksOf(width) * 32
  const stride = <usize>((messageSize + 15) & ~15)
  const work = scratch + 4 * stride
  const leaf = leaves + ((<usize>first) << 5)
  for (let i = 0; i < count; i++) openMessage(scratch + <usize>i * stride, boundary, rowAt(step, first + i).position)
  const row = step.x + <usize>first * step.xStride
  if (count == 4) {
    hashFour(row, step.xStride, width, scratch, stride, work)
    // prettier-ignore
    sha256Four(scratch, scratch + stride, scratch + 2 * stride, scratch + 3 * stride, messageSize, leaf, leaf + 32, leaf + 64, leaf + 96, work)
    return
  }
  for (let i = 0; i < count; i++) {
    const message = scratch + <usize>i * stride
    hashOne(row + <usize>i * step.xStride, width, message, work)
    sha256(message, messageSize, leaf + ((<usize>i) << 5), work)
  }
}

/** 0x00 ‖ "cw-act-1" ‖ boundary ‖ position; then the digests of the chunks. */
const HEAD_BYTES: i32 = 17

function openMessage(message: usize, boundary: i32, position: i32): void {
  store<u8>(message, 0)
  store<u64>(message, 0x312d7463612d7763, 1)
  store<i32>(message, boundary, 9)
  store<i32>(message, position, 13)
}

function chunksOf(width: i32): i32 {
  return ((width << 2) + CHUNK_BYTES - 1) / CHUNK_BYTES
}

/** Digests of the chunks of a row of `width` i32 into its message. */
function hashOne(row: usize, width: i32, message: usize, work: usize): void {
  let digest = message + HEAD_BYTES
  for (let from = 0; from < width << 2; from += CHUNK_BYTES) {
    sha256(row + <usize>from, min(CHUNK_BYTES, (width << 2) - from), digest, work)
    digest += 32
  }
}

/** The same of four rows. */
function hashFour(row: usize, rowStride: usize, width: i32, messages: usize, stride: usize, work: usize): void {
  let digest = messages + HEAD_BYTES
  for (let from = 0; from < width << 2; from += CHUNK_BYTES) {
    const at = row + <usize>from
    const size = min(CHUNK_BYTES, (width << 2) - from)
    // prettier-ignore
    sha256Four(at, at + rowStride, at + 2 * rowStride, at + 3 * rowStride, size, digest, digest + stride, digest + 2 * stride, digest + 3 * stride, work)
    digest += 32
  }
}
