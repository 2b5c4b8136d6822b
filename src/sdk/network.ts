// The network behind a coordinator's address. Its id is pinned at the first contact: whoever answers later must be of the same network,
// and say so under the key that the network's genesis names.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { amountSchema, digestSchema, textSchema, uintSchema } from '#core/schema.ts'
import type { Checkpoint, SigningContext } from '#core/signed.ts'
import { type CheckpointNote, checkpointNoteSchema, openCheckpoint } from '#ledger/checkpoint.ts'
import { type Genesis, genesisSchema, networkId } from '#ledger/genesis.ts'
import { AnswerError, type Http } from './http.ts'

/** What a coordinator says about its network, checked against the genesis. */
export type NetworkInfo = {
  readonly network: Digest
  readonly genesis: Genesis
  /** Size and root of the log, and the signed note that says so. */
  readonly checkpoint: Checkpoint
  readonly note: CheckpointNote
  readonly peerId: string
  readonly addresses: readonly string[]
  /** Nodes that are admitted and online. */
  readonly nodes: number
  readonly price: { readonly attoPerOperation: string }
}

const PATH = '/api/v1/network'

/** Tries of a first contact: that nobody is at an address should be said soon. */
export const FIRST_TRIES = 3

/** How to ask. */
export type NetworkOptions = {
  readonly expected?: Digest | undefined
  readonly tries?: number
  readonly signal?: AbortSignal | undefined
}

const networkSchema = v.object({
  network: digestSchema,
  genesis: genesisSchema,
  checkpoint: checkpointNoteSchema,
  peerId: textSchema(128),
  addresses: v.pipe(v.array(textSchema(512)), v.maxLength(64)),
  nodes: uintSchema(),
  price: v.object({ attoPerOperation: amountSchema }),
})

/** Asks the coordinator for its network. Throws {@link NetworkChangedError} when it is not the expected one. */
export async function fetchNetwork(http: Http, { expected, ...options }: NetworkOptions = {}): Promise<NetworkInfo> {
  const { checkpoint: note, ...info } = await http.json(PATH, networkSchema, options)
  if (networkId(info.genesis) !== info.network) throw new AnswerError(PATH, 'names a network that is not its genesis')
  if (expected !== undefined && info.network !== expected)
    throw new NetworkChangedError(http.url, expected, info.network)
  const checkpoint = openCheckpoint(note, { network: info.network, coordinator: info.genesis.coordinator })
  if (checkpoint === undefined)
    throw new AnswerError(PATH, "holds a checkpoint that the network's coordinator did not sign")
  return { ...info, checkpoint, note }
}

/** What messages to this network are signed with. */
export function signingContext(info: NetworkInfo): SigningContext {
  return { network: info.network, checkpoint: info.checkpoint }
}

/** Another network answers at a known address. */
export class NetworkChangedError extends AppError {
  override readonly name = 'sdk.NetworkChanged'
  constructor(url: string, expected: Digest, got: Digest) {
    super('hostile', `${url} was network ${expected} before and is network ${got} now.`)
  }
}
