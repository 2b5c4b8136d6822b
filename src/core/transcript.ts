// A digest of bytes that go on growing: after each piece it is the one of all the bytes so far, however they were cut into pieces.
import { sha256 } from '@noble/hashes/sha2.js'
import { toHex, utf8 } from './bytes.ts'
import { type Digest, domain } from './digest.ts'

/** What has been said so far: its length and SHA-256(`commonwatt/transcript/v1` ‖ 0x00 ‖ bytes). */
export class Transcript {
  #hash = sha256.create().update(utf8(`${domain('transcript')}\0`))
  #length = 0

  /** Bytes so far. */
  get length(): number {
    return this.#length
  }

  /** The digest of the bytes so far. */
  get digest(): Digest {
    return toHex(this.#hash.clone().digest()) as Digest
  }

  /** Goes on by `bytes`. */
  append(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#length += bytes.length
  }

  /** The digest that there would be after `bytes`. */
  digestAfter(bytes: Uint8Array): Digest {
    return toHex(this.#hash.clone().update(bytes).digest()) as Digest
  }
}

/** The digest of `bytes` as a whole. */
export function transcriptOf(bytes: Uint8Array): Digest {
  return new Transcript().digestAfter(bytes)
}
