// Commands for tests in the browser that need a coordinator and other nodes: those run in Vitest's own process, as they would elsewhere.
import type { BrowserCommand } from 'vitest/node'
import type { CoordinatorPeer } from '../../src/net/coordinator-peer.ts'

/** A coordinator's peer as the page sees it. */
export type RunningRelay = { publicKey: string; multiaddrs: string[] }

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Starts a coordinator with the key of `secretHex`; `port` 0 is any. */
    startRelay(secretHex: string, port: number): Promise<RunningRelay>
    /** Stops the coordinator of that key. */
    stopRelay(publicKey: string): Promise<void>
    /** Bytes that crossed its relay between two peers. */
    relayedBytes(publicKey: string, a: string, b: string): Promise<number>
    /** Lets the coordinator serve a blob of random bytes; returns its id. */
    serveBlob(publicKey: string, sizeBytes: number): Promise<string>
    /** Starts a node in this process that answers the echo protocol; returns its key and whether it has WebRTC. */
    startEchoNode(multiaddrs: string[]): Promise<{ publicKey: string; hasWebRtc: boolean }>
    /** Stops every node and coordinator. */
    stopAllPeers(): Promise<void>
  }
}

const relays = new Map<string, CoordinatorPeer>()
const nodes = new Set<{ close(): Promise<void> }>()

const startRelay: BrowserCommand<[string, number]> = async (_context, secretHex, port) => {
  const { createCoordinatorPeer } = await import('../../src/net/coordinator-peer.ts')
  const peer = await createCoordinatorPeer({ signer: await signerOf(secretHex), port })
  relays.set(peer.publicKey, peer)
  return { publicKey: peer.publicKey, multiaddrs: [...peer.multiaddrs] }
}

const stopRelay: BrowserCommand<[string]> = async (_context, publicKey) => {
  await relays.get(publicKey)?.close()
  relays.delete(publicKey)
}

const relayedBytes: BrowserCommand<[string, string, string]> = async (_context, publicKey, a, b) => {
  const pairs = relays.get(publicKey)?.relayed.pairs() ?? []
  return pairs
    .filter(({ from, to }) => (from === a && to === b) || (from === b && to === a))
    .reduce((sum, { bytes }) => sum + bytes, 0)
}

const serveBlob: BrowserCommand<[string, number]> = async (_context, publicKey, sizeBytes) => {
  const { CHUNK_BYTES, contentId, partSpan } = await import('../../src/core/content.ts')
  const { leafDigest } = await import('../../src/core/merkle.ts')
  const { systemRandom } = await import('../../src/core/random.ts')
  const { serveContent } = await import('../../src/net/protocols/blob/handler.ts')
  const hub = relays.get(publicKey)
  if (hub === undefined) throw new Error(`no coordinator ${publicKey} runs`)
  const layout = { form: 'blob' as const, sizeBytes }
  const bytes = systemRandom.bytes(sizeBytes)
  const part = (index: number) => {
    const { offset, length } = partSpan(layout, index)
    return bytes.subarray(offset, offset + length)
  }
  const leaves = Array.from({ length: Math.ceil(sizeBytes / CHUNK_BYTES) }, (_, index) => leafDigest(part(index)))
  const id = contentId(layout, leaves)
  await serveContent(hub, {
    layout: async (asked) => (asked === id ? layout : undefined),
    leaves: async () => leaves,
    part: async (_id, index) => part(index),
  })
  return id
}

const startEchoNode: BrowserCommand<[string[]]> = async (_context, multiaddrs) => {
  const { createNodePeer } = await import('../../src/net/node-peer.ts')
  const { serveEcho } = await import('./echo-protocol.ts')
  const { systemRandom } = await import('../../src/core/random.ts')
  const { toHex } = await import('../../src/core/bytes.ts')
  const peer = await createNodePeer({
    signer: await signerOf(toHex(systemRandom.bytes(32))),
    coordinator: multiaddrs,
  })
  nodes.add(peer)
  await serveEcho(peer)
  await peer.keeper.whenReserved({ timeoutMs: 30_000 })
  return { publicKey: peer.publicKey, hasWebRtc: peer.webrtc.isAvailable }
}

const stopAllPeers: BrowserCommand = async () => {
  await Promise.all([...nodes, ...relays.values()].map((peer) => peer.close()))
  nodes.clear()
  relays.clear()
}

async function signerOf(secretHex: string) {
  const { signerFromSecret } = await import('../../src/core/ed25519.ts')
  const { fromHex } = await import('../../src/core/bytes.ts')
  return signerFromSecret(fromHex(secretHex))
}

/** For the `commands` of Vitest's browser mode. */
export const relayCommands = { startRelay, stopRelay, relayedBytes, serveBlob, startEchoNode, stopAllPeers }
