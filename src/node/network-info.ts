// A node's first step: what network a coordinator runs, by whose key, and where the log stands.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { digestSchema, parseAs } from '#core/schema.ts'
import type { Checkpoint } from '#core/signed.ts'
import { type CheckpointNote, checkpointNoteSchema, openCheckpoint } from '#ledger/checkpoint.ts'
import { type Genesis, genesisSchema, networkId } from '#ledger/genesis.ts'
import { coordinatorAddress } from '#net/contributor-peer.ts'

/** What a node knows of a network before it joins. */
export type NetworkInfo = {
  readonly network: Digest
  readonly genesis: Genesis
  readonly coordinator: PublicKey
  readonly checkpoint: Checkpoint
  /** The signed note that says so. */
  readonly note: CheckpointNote
  /** Addresses to dial, the coordinator's peer id included. */
  readonly addresses: readonly string[]
}

/** Largest answer that is read: the real one is under 4 KiB. */
export const MAX_ANSWER_CHARS = 64 * 1024

/** Time for the coordinator to answer. */
export const ANSWER_TIMEOUT_MS = 10_000

const answerSchema = v.object({ network: digestSchema, genesis: genesisSchema, checkpoint: checkpointNoteSchema })

/** Asks the coordinator at `url`. Throws {@link NoCoordinatorError} when nobody answers and {@link NetworkMismatchError} on a lie. */
export async function fetchNetworkInfo(url: string, fetcher: typeof fetch, signal: AbortSignal): Promise<NetworkInfo> {
  const answer = parseAs(answerSchema, await readAnswer(url, fetcher, signal), 'description of the network')
  const { network, genesis, checkpoint: note } = answer
  if (networkId(genesis) !== network) throw new NetworkMismatchError('its id is not that of its genesis')
  const coordinator = genesis.coordinator
  const checkpoint = openCheckpoint(note, { network, coordinator })
  if (checkpoint === undefined) throw new NetworkMismatchError('its checkpoint is not signed by its coordinator')
  return { network, genesis, coordinator, checkpoint, note, addresses: [coordinatorAddress(url, coordinator)] }
}

async function readAnswer(url: string, fetcher: typeof fetch, signal: AbortSignal): Promise<unknown> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
  try {
    const response = await fetcher(new URL('/api/v1/network', url), { signal: limit })
    if (!response.ok) throw new NoCoordinatorError(url, `it answered with status ${response.status}`)
    const text = await response.text()
    if (text.length > MAX_ANSWER_CHARS) throw new NoCoordinatorError(url, `its answer has ${text.length} characters`)
    return JSON.parse(text)
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof AppError) throw cause
    throw new NoCoordinatorError(url, 'it cannot be reached', { cause })
  }
}

/** No coordinator answers at the address. */
export class NoCoordinatorError extends AppError {
  override readonly name = 'node.NoCoordinator'
  constructor(url: string, why: string, options?: ErrorOptions) {
    super('unavailable', `There is no coordinator at ${url}: ${why}.`, options)
  }
}

/** A coordinator describes a network that contradicts itself. */
export class NetworkMismatchError extends AppError {
  override readonly name = 'node.NetworkMismatch'
  constructor(problem: string) {
    super('hostile', `The coordinator's network cannot be joined: ${problem}.`)
  }
}
