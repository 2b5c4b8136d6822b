// How a node is admitted: it says what it can do and for whom, and proves its kernels on the coordinator's challenge.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { sayHello } from '#net/protocols/hello/handler.ts'
import type { Hello } from '#net/protocols/hello/messages.ts'
import type { BackendInfo } from '#tensor/backend.ts'
import type { Kind } from '#work/kind.ts'
import type { NodeIdentity } from './identity.ts'
import type { SiteSplit } from './site-split.ts'
import type { WorkerApi } from './worker-api.ts'

/** Memory that a node computes in: inputs here and in the worker, their rows, and the result. */
export const NODE_MEMORY_BYTES = 256 * 2 ** 20

/** Longest adapter name that goes over the wire. */
const MAX_ADAPTER_LENGTH = 200

/** What an introduction needs. */
export type AdmissionParts = {
  readonly peer: ContributorPeer
  readonly network: Digest
  readonly identity: NodeIdentity
  readonly device: BackendInfo
  readonly kinds: readonly Kind[]
  readonly site: string | null
  readonly split: SiteSplit | null
  readonly worker: Pick<WorkerApi, 'selfTest'>
  readonly clock: Clock
  /** Told of the log's state as the coordinator sees it. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
}

/** An admitted node: its tier, what its account can spend and has pending in atto-credit, its rate, and what kinds it gets no work of. */
export type Admitted = {
  readonly tier: number
  readonly balance: string
  readonly pending: string
  readonly ratedMops: number
  readonly withheld: string
}

/** Says hello. Throws {@link OtherNetworkError}, {@link RefusedError}, and what the network and the worker throw. */
export async function introduce(parts: AdmissionParts, signal: AbortSignal): Promise<Admitted> {
  const { peer, worker, network } = parts
  let ratedMops = 0
  const welcome = await sayHello(
    peer,
    peer.coordinator,
    helloOf(parts),
    async (challenge) => {
      if (challenge.network !== network) throw new OtherNetworkError()
      parts.onCheckpoint(challenge.checkpoint)
      const kernels = [...new Set(parts.kinds.map((kind) => kind.kernels))]
      const test = await worker.selfTest(challenge.seed, kernels)
      ratedMops = test.ratedMops
      return test
    },
    signal,
  )
  if (welcome.outcome === 'refused') throw new RefusedError(welcome.reason)
  const { tier, balance, pending, withheld = '' } = welcome
  return { tier, balance, pending, ratedMops, withheld }
}

function helloOf({ identity, device, kinds, site, split, clock }: AdmissionParts): Hello {
  const delegation = identity.delegation(clock.nowMs())
  return {
    delegation,
    payee: delegation?.body.payee ?? identity.signer.publicKey,
    capabilities: {
      backend: device.backend,
      adapter: device.adapter.slice(0, MAX_ADAPTER_LENGTH),
      isSoftware: device.isSoftware,
      maxMemoryBytes: NODE_MEMORY_BYTES,
      kinds: kinds.map(({ name, version }) => ({ name, version })),
    },
    site,
    split,
  }
}

/** The coordinator runs another network than the one that was joined. */
export class OtherNetworkError extends AppError {
  override readonly name = 'node.OtherNetwork'
  constructor() {
    super('input', 'The coordinator now runs another network. Reload the page, or start the node again, to join it.')
  }
}

/** The coordinator does not admit this node. */
export class RefusedError extends AppError {
  override readonly name = 'node.Refused'
  constructor(reason: string) {
    super('input', `The coordinator does not admit this node. ${reason}`)
  }
}
