// A requester's look at the log: the checkpoint that answers now must extend the one that was seen before.
import { AppError } from '#core/errors.ts'
import { encodeFork } from '#ledger/fork.ts'
import { compareCheckpoints, remoteTiles, seenCheckpoint } from '#ledger/log-view.ts'
import type { Http } from './http.ts'
import type { NetworkInfo } from './network.ts'

/** Largest tile: 256 digests. */
export const MAX_TILE_BYTES = 8_192

/**
 * Holds the log of `info` against the note of an earlier contact. A note of another network, or none, counts as nothing. Throws
 * {@link LogForkedError} and {@link LogShorterError}.
 */
export async function checkLogContinues(http: Http, info: NetworkInfo, before: string): Promise<void> {
  const earlier = seenCheckpoint(before, info.genesis)
  const latest = seenCheckpoint(info.note, info.genesis)
  if (earlier === undefined || latest === undefined) return
  const [had, has] = [earlier.checkpoint.size, latest.checkpoint.size]
  if (has < had) throw new LogShorterError(http.url, had, has)
  const tiles = remoteTiles((path) => http.bytes(`/api/v1/log/${path}`, MAX_TILE_BYTES))
  const compared = await compareCheckpoints(info.genesis, [earlier, latest], tiles)
  if (compared.outcome === 'fork') throw new LogForkedError(http.url, had, has, encodeFork(compared.fork))
  if (compared.outcome === 'unproven') throw new LogUnprovenError(http.url, has)
}

/** The coordinator shows another log than before. `proof` is a document that `commonwatt verify` takes. */
export class LogForkedError extends AppError {
  override readonly name = 'sdk.LogForked'
  readonly proof: Uint8Array<ArrayBuffer>
  constructor(url: string, had: number, has: number, proof: Uint8Array<ArrayBuffer>) {
    super(
      'hostile',
      `${url} forked its public log: that of ${has} entries does not continue the one of ${had} seen before.`,
    )
    this.proof = proof
  }
}

/** The log is shorter than it was. */
export class LogShorterError extends AppError {
  override readonly name = 'sdk.LogShorter'
  constructor(url: string, had: number, has: number) {
    super('hostile', `The public log of ${url} had ${had} entries and has ${has} now: it was rolled back.`)
  }
}

/** The coordinator does not serve the log that it signed. */
export class LogUnprovenError extends AppError {
  override readonly name = 'sdk.LogUnproven'
  constructor(url: string, has: number) {
    super('hostile', `${url} does not serve the public log of ${has} entries that it signed.`)
  }
}
