// Where a node reads its coordinator's log, and hands in its cosignatures: plain HTTP, bounded, one try each.
import { AppError } from '#core/errors.ts'
import { fromUtf8 } from '#core/bytes.ts'
import { MAX_NOTE_CHARS } from '#ledger/note.ts'
import { ANSWER_TIMEOUT_MS } from './network-info.ts'

/** A coordinator's log from afar. Every call may throw a LogUnreachableError, which passes. */
export interface LogSource {
  /** The note of the latest checkpoint, unread. */
  checkpoint(): Promise<string>
  /** A file below the log's prefix, such as a tile. */
  read(path: string): Promise<Uint8Array>
  /** Hands in a cosignature of the checkpoint of `size`. */
  cosign(size: number, line: string): Promise<void>
}

/** Largest tile: 256 digests. */
const MAX_TILE_BYTES = 8_192

/** The log of the coordinator at `url`. */
export function httpLogSource(url: string, fetcher: typeof fetch): LogSource {
  const ask = async (path: string, maxBytes: number, init: RequestInit = {}): Promise<Uint8Array> => {
    try {
      const response = await fetcher(new URL(`/api/v1/log/${path}`, url), {
        ...init,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      if (response.status === 404) throw new LogMissingError(path)
      if (!response.ok) throw new LogUnreachableError(url, `${path} was answered with status ${response.status}`)
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (bytes.length > maxBytes) throw new LogUnreachableError(url, `${path} has ${bytes.length} bytes`)
      return bytes
    } catch (cause) {
      if (cause instanceof AppError) throw cause
      throw new LogUnreachableError(url, 'it cannot be reached', { cause })
    }
  }
  return {
    checkpoint: async () => fromUtf8(await ask('checkpoint', 4 * MAX_NOTE_CHARS, { cache: 'no-store' })),
    read: (path) => ask(path, MAX_TILE_BYTES),
    cosign: async (size, line) => {
      const body = JSON.stringify({ size, line })
      await ask('cosignatures', MAX_TILE_BYTES, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    },
  }
}

/** The coordinator signed a log and does not serve all of it. */
export class LogMissingError extends AppError {
  override readonly name = 'node.LogMissing'
  constructor(path: string) {
    super('hostile', `The coordinator does not stand by its public log: it does not serve ${path} of it.`)
  }
}

/** The log cannot be read now. */
export class LogUnreachableError extends AppError {
  override readonly name = 'node.LogUnreachable'
  constructor(url: string, why: string, options?: ErrorOptions) {
    super('unavailable', `The log of ${url} cannot be read: ${why}.`, options)
  }
}
