// The network behind a coordinator's address. Its id is pinned at the first contact: whoever answers later must be of the same network,
// and say so under the key that the network's genesis names.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { amountSchema, digestSchema, textSchema, uintSchema } from '#core/schema.ts'
import type { SigningContext } from '#core/signed.ts'
import { type SignedCheckpoint, signedCheckpointSchema, verifyCheckpoint } from '#ledger/checkpoint.ts'
import { type Genesis, genesisSchema, networkId } from '#ledger/genesis.ts'
import { AnswerError, type Http } from './http.ts'

/** What a coordinator says about its network, checked against the genesis. */
export type NetworkInfo = {
  readonly network: Digest
  readonly genesis: Genesis
  readonly checkpoint: SignedCheckpoint
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

const networkSchema: v.GenericSchema<unknown, NetworkInfo> = v.object({
  network: digestSchema,
  genesis: genesisSchema,
  checkpoint: signedCheckpointSchema,
  peerId: textSchema(128),
  addresses: v.pipe(v.array(textSchema(512)), v.maxLength(64)),
  nodes: uintSchema(),
  price: v.object({ attoPerOperation: amountSchema }),
})

/** Asks the coordinator for its network. Throws {@link NetworkChangedError} when it is not the expected one. */
export async function fetchNetwork(http: Http, { expected, ...options }: NetworkOptions = {}): Promise<NetworkInfo> {
  const info = await http.json(PATH, networkSchema, options)
  if (networkId(info.genesis) !== info.network) throw new AnswerError(PATH, 'names a network that is not its genesis')
  if (expected !== undefined && info.network !== expected)
    throw new NetworkChangedError(http.url, expected, info.network)
  if (!verifyCheckpoint(info.checkpoint, { network: info.network, coordinator: info.genesis.coordinator }))
    throw new AnswerError(PATH, "holds a checkpoint that the network's coordinator did not sign")
  return info
}

/** What messages to this network are signed with. */
export function signingContext(info: NetworkInfo): SigningContext {
  return { network: info.network, checkpoint: info.checkpoint.body }
}

/** Another network answers at a known address. */
export class NetworkChangedError extends AppError {
  override readonly name = 'sdk.NetworkChanged'
  constructor(url: string, expected: Digest, got: Digest) {
    super('hostile', `${url} was network ${expected} before and is network ${got} now.`)
  }
}
