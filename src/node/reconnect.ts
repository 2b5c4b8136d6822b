// Coming back: what a node does each time its coordinator is there again, and what is worth another try.
import type { Clock } from '#core/clock.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { type RelayEvent, backoffMs } from '#net/relay-keeper.ts'
import { delay, waitFor } from '#net/wait.ts'

/** What is done when the connection comes and goes. */
export type ConnectionListener = {
  readonly onConnected: () => Promise<void>
  /** Told why the node is out, in a sentence. */
  readonly onLost: (reason: string) => void
}

/** Calls `onConnected` after every connection to the coordinator, again after failures that may pass, until `signal` aborts. Throws other failures. */
export async function stayConnected(
  peer: ContributorPeer,
  random: Random,
  { onConnected, onLost }: ConnectionListener,
  signal: AbortSignal,
): Promise<never> {
  const stop = peer.keeper.onEvent((event) => {
    if (event.state === 'waiting') onLost('The coordinator cannot be reached; trying again.')
  })
  try {
    for (let attempt = 1; ; attempt++) {
      await peer.keeper.whenReserved({ signal })
      try {
        await onConnected()
        attempt = 0
        await untilLost(peer, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error)) throw error
        onLost(toErrorRecord(error).message)
        await delay(peer.clock, backoffMs(random, attempt + 1), signal)
      }
    }
  } finally {
    stop()
  }
}

/** What {@link untilThere} waits with. */
export type RetryParts = {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly onFailure: (reason: string) => void
}

/** What `find` finds, tried again after failures that may pass until `signal` aborts. Throws other failures. */
export async function untilThere<T>(
  find: (signal: AbortSignal) => Promise<T>,
  { clock, random, signal, onFailure }: RetryParts,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await find(signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!isTransient(error)) throw error
      onFailure(toErrorRecord(error).message)
      await delay(clock, backoffMs(random, attempt), signal)
    }
  }
}

/** Whether trying again may help: of our own errors only `unavailable` ones; those of libp2p and the platform are about connections. */
export function isTransient(error: unknown): boolean {
  return error instanceof AppError ? error.kind === 'unavailable' : error instanceof Error
}

/** Resolves when the reservation at the coordinator is lost. */
function untilLost(peer: ContributorPeer, signal: AbortSignal): Promise<void> {
  return waitFor<void>(peer.clock, 'the end of the connection', { signal }, (resolve) => {
    const check = (event: RelayEvent) => {
      if (event.state !== 'reserved') resolve()
    }
    check(peer.keeper.state)
    return peer.keeper.onEvent(check)
  })
}
