// Contents by id: a node gets parts from the coordinator (or from another node that serves them), and puts the parts of its results.
import { TILE } from '#core/content.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import { defineProtocol } from '#net/protocol.ts'

/** The largest part is a whole tile of four-byte elements. */
export const MAX_PART_BYTES = TILE * TILE * 4

/** Parts that one request may ask for: 64 MiB at most, so that a lost channel costs little and a request stays small. */
export const MAX_PARTS_PER_REQUEST = 256

/** Leaf digests that go into one frame. */
export const LEAVES_PER_FRAME = MAX_PART_BYTES / DIGEST_BYTES

/** Unread bytes at a receiver: 40 MB/s over a round trip of 50 ms. */
const WINDOW_BYTES = 2 << 20

/** Requests for parts that are answered at a time; each can hold a window and a part. Others wait their turn. */
export const MAX_TRANSFERS = 128

/** Time for the other side to read or to send one part before the transfer is cut and its turn goes to the next. */
export const PART_TIMEOUT_MS = 30_000

/** Attempts in a row that brought no new part before a download is given up: with the delays a coordinator has 12 s to come back. */
export const MAX_FRUITLESS_ATTEMPTS = 6

/** First delay between two attempts; it doubles. */
export const RETRY_DELAY_MS = 200

const LIMITS = {
  maxMessageBytes: 16 * 1024,
  maxRawBytes: MAX_PART_BYTES,
  windowBytes: WINDOW_BYTES,
  idleTimeoutMs: 60_000,
  allowRelay: false, // bulk bytes would use up a relayed connection in a moment
}

/** Get: the opener names a content and pulls parts of it. */
export const BLOB_GET_PROTOCOL = defineProtocol('blob-get', 1, LIMITS)

/** Put: the opener offers a content under a lease, and the other side pulls the parts it wants. */
export const BLOB_PUT_PROTOCOL = defineProtocol('blob-put', 1, LIMITS)
