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

/** Several byte strings as one source, without joining them. */
export function partsSource(parts: readonly Uint8Array[]): ByteSource {
  const starts: number[] = []
  let sizeBytes = 0
  for (const part of parts) {
    starts.push(sizeBytes)
    sizeBytes += part.length
  }
  return {
    sizeBytes,
    async read(offset, length) {
      if (offset < 0 || offset + length > sizeBytes)
        throw new RangeError(`Bytes ${offset} to ${offset + length} are past ${sizeBytes}.`)
      const out = new Uint8Array(length)
      const first = starts.findLastIndex((start) => start <= offset)
      for (let i = Math.max(first, 0); i < parts.length; i++) {
        const start = starts[i] ?? 0
        if (start >= offset + length) break
        const part = parts[i]?.subarray(Math.max(offset - start, 0), offset + length - start)
        if (part !== undefined) out.set(part, Math.max(start - offset, 0))
      }
      return out
    },
  }
}
