// Random access to bytes that may not fit in memory: a file, a blob, an upload.

/** Something of a known size that can be read anywhere. */
export interface ByteSource {
  readonly sizeBytes: number
  /** Exactly `length` bytes from `offset`; rejects when they are not there. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    async read(offset, length) {
      if (offset < 0 || offset + length > bytes.length)
        throw new RangeError(`Bytes ${offset} to ${offset + length} are past ${bytes.length}.`)
      return Uint8Array.from(bytes.subarray(offset, offset + length))
    },
  }
}
