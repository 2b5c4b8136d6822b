// Real peers for the tests of this folder: coordinators and nodes in this process, closed after each test.
import { afterEach } from 'vitest'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import type { ContributorPeer, ContributorPeerOptions } from './contributor-peer.ts'
import { type CoordinatorPeer, type CoordinatorPeerOptions, createCoordinatorPeer } from './coordinator-peer.ts'
import { createNodePeer } from './node-peer.ts'
import type { Peer } from './peer.ts'

const open = new Set<Peer>()

afterEach(async () => {
  const peers = [...open]
  open.clear()
  await Promise.all(peers.map((peer) => peer.close()))
})

/** A fresh key. */
export function newSigner(): Signer {
  return signerFromSecret(systemRandom.bytes(32))
}

/** A running coordinator. */
export async function coordinator(options: Partial<CoordinatorPeerOptions> = {}): Promise<CoordinatorPeer> {
  return adopt(await createCoordinatorPeer({ signer: newSigner(), ...options }))
}

/** A node with a reservation at `hub`. */
export async function node(
  hub: CoordinatorPeer,
  options: Partial<ContributorPeerOptions & { isWebRtcWanted: boolean }> = {},
): Promise<ContributorPeer> {
  const peer = adopt(await createNodePeer({ signer: newSigner(), coordinator: hub.multiaddrs, ...options }))
  await peer.keeper.whenReserved({ timeoutMs: 20_000 })
  return peer
}

/** Closes a peer before the test is over. */
export async function stop(peer: Peer): Promise<void> {
  open.delete(peer)
  await peer.close()
}

function adopt<P extends Peer>(peer: P): P {
  open.add(peer)
  return peer
}
