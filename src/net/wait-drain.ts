// Waits until a libp2p stream takes more bytes. Work-around: in @libp2p/utils 7.4.1 `stream.onDrain()` keeps one promise for ever,
// so that after the first drain it no longer waits and backpressure is lost. Here each wait listens for the events itself.
import type { Stream } from '@libp2p/interface'
import { AppError } from '#core/errors.ts'

/** The part of a stream that is waited on. */
export type DrainableStream = Pick<Stream, 'writableNeedsDrain' | 'addEventListener' | 'removeEventListener' | 'status'>

/** Resolves when `stream` can be written to. Throws {@link StreamEndedError} if it closes first, or the signal's reason. */
export async function waitDrain(stream: DrainableStream, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  while (stream.writableNeedsDrain) await nextDrain(stream, signal)
  if (stream.status !== 'open' && stream.status !== 'closing') throw new StreamEndedError()
}

function nextDrain(stream: DrainableStream, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => () => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      action()
    }
    const onDrain = settle(resolve)
    const onClose = settle(() => reject(new StreamEndedError()))
    const onAbort = settle(() => reject(signal?.reason as Error))
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort)
    if (stream.status !== 'open' && stream.status !== 'closing') onClose()
  })
}

/** A stream ended before it took what was to be written. */
export class StreamEndedError extends AppError {
  override readonly name = 'net.StreamEnded'
  constructor() {
    super('unavailable', 'The stream ended while bytes were waiting to be sent.')
  }
}
