// Real peers in one process: a coordinator with its relay, and nodes that find one another through it.
import * as v from 'valibot'
import { afterEach, describe, expect, test } from 'vitest'
import type { PublicKey } from '#core/ed25519.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { transportOf } from './connections.ts'
import type { ContributorPeer } from './contributor-peer.ts'
import { type CoordinatorPeer, createCoordinatorPeer } from './coordinator-peer.ts'
import { createNodePeer } from './node-peer.ts'
import type { Peer } from './peer.ts'
import { peerIdOf } from './peer-identity.ts'
import { defineProtocol, handleProtocol, openChannel } from './protocol.ts'

const ECHO = defineProtocol('test-echo', 1)
const echoSchema = v.strictObject({ text: v.pipe(v.string(), v.maxLength(1000)) })

const open: Peer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((peer) => peer.close()))
})

async function coordinator(): Promise<CoordinatorPeer> {
  const peer = await createCoordinatorPeer({ signer: newSigner() })
  open.push(peer)
  return peer
}

async function node(of: CoordinatorPeer, isWebRtcWanted = true): Promise<ContributorPeer> {
  const peer = await createNodePeer({ signer: newSigner(), coordinator: of.multiaddrs, isWebRtcWanted })
  open.push(peer)
  await handleProtocol(peer, ECHO, async (channel) => {
    await channel.send(await channel.receive(echoSchema, 'echo request'))
  })
  await peer.keeper.whenReserved({ timeoutMs: 20_000 })
  return peer
}

function newSigner() {
  return signerFromSecret(systemRandom.bytes(32))
}

async function echo(from: Peer, to: PublicKey, text: string, requireDirect?: boolean): Promise<string> {
  const channel = await openChannel(from, to, ECHO, { requireDirect })
  await channel.send({ text })
  const answer = await channel.receive(echoSchema, 'echo answer', { timeoutMs: 10_000 })
  await channel.close()
  expect(answer).toEqual({ text })
  return channel.transport
}

describe('peers', () => {
  test('default: two nodes reserve, connect directly over WebRTC and talk; nothing but signalling crosses the relay', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub), node(hub)])
    expect(a.webrtc).toEqual({ isAvailable: true })
    expect(await echo(a, b.publicKey, 'hello', true)).toBe('webrtc')
    const relayed = hub.relayed.bytes(a.publicKey, b.publicKey)
    for (let i = 0; i < 20; i++) expect(await echo(b, a.publicKey, 'x'.repeat(1000))).toBe('webrtc')
    expect(hub.relayed.bytes(a.publicKey, b.publicKey) - relayed).toBeLessThan(2000)
    expect(a.traffic.bytes({ protocol: ECHO.id, transport: 'relay' })).toBe(0)
    expect(a.traffic.bytes({ protocol: ECHO.id, transport: 'webrtc' })).toBeGreaterThan(40_000)
  })

  test('behaviour: without WebRTC the relay carries the protocol, and the transport says so', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub, false), node(hub, false)])
    expect(await echo(a, b.publicKey, 'hello')).toBe('relay')
    expect(hub.relayed.bytes(a.publicKey, b.publicKey)).toBeGreaterThan(100)
    await expect(echo(a, b.publicKey, 'hello', true)).rejects.toThrow('WebRTC is switched off')
  })

  test('behaviour: two peers that connect to each other at once end up with one direct connection', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub), node(hub)])
    const transports = await Promise.all([echo(a, b.publicKey, 'a', true), echo(b, a.publicKey, 'b', true)])
    expect(transports).toEqual(['webrtc', 'webrtc'])
    const direct = a.libp2p.getConnections(peerIdOf(b.publicKey)).filter((each) => transportOf(each) === 'webrtc')
    expect(direct).toHaveLength(1)
  })
})
