// Real peers in one process: a coordinator with its relay, and nodes that find one another through it.
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { PublicKey } from '#core/ed25519.ts'
import { transportOf } from './connections.ts'
import type { ContributorPeer } from './contributor-peer.ts'
import { coordinatorAddress } from './contributor-peer.ts'
import type { CoordinatorPeer } from './coordinator-peer.ts'
import type { Peer } from './peer.ts'
import { peerIdOf } from './peer-identity.ts'
import { coordinator, newSigner, node } from './peers.fixture.ts'
import { defineProtocol, handleProtocol, openChannel } from './protocol.ts'

const ECHO = defineProtocol('test-echo', 1)
const DIRECT_ECHO = defineProtocol('test-direct-echo', 1, { allowRelay: false })
const echoSchema = v.strictObject({ text: v.pipe(v.string(), v.maxLength(1000)) })

async function echoNode(hub: CoordinatorPeer, isWebRtcWanted = true): Promise<ContributorPeer> {
  const peer = await node(hub, { isWebRtcWanted })
  for (const protocol of [ECHO, DIRECT_ECHO])
    await handleProtocol(peer, protocol, async (channel) => {
      await channel.send(await channel.receive(echoSchema, 'echo request'))
    })
  return peer
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
  test('default: two nodes reserve, connect directly over WebRTC and talk; only signalling crosses the relay', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([echoNode(hub), echoNode(hub)])
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
    const [a, b] = await Promise.all([echoNode(hub, false), echoNode(hub, false)])
    expect(await echo(a, b.publicKey, 'hello')).toBe('relay')
    expect(hub.relayed.bytes(a.publicKey, b.publicKey)).toBeGreaterThan(100)
    await expect(echo(a, b.publicKey, 'hello', true)).rejects.toThrow('WebRTC is switched off')
    await expect(openChannel(a, b.publicKey, DIRECT_ECHO)).rejects.toThrow('WebRTC is switched off')
  })

  test('behaviour: two peers that connect to each other at once end up with one direct connection', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([echoNode(hub), echoNode(hub)])
    const transports = await Promise.all([echo(a, b.publicKey, 'a', true), echo(b, a.publicKey, 'b', true)])
    expect(transports).toEqual(['webrtc', 'webrtc'])
    const direct = () =>
      a.libp2p.getConnections(peerIdOf(b.publicKey)).filter((each) => transportOf(each) === 'webrtc').length
    // Both may have been made before the second one is closed.
    for (;;) {
      const closed = new Promise((resolve) => a.libp2p.addEventListener('connection:close', resolve, { once: true }))
      if (direct() === 1) break
      await closed
    }
    expect(await echo(a, b.publicKey, 'still there', true)).toBe('webrtc')
  })

  test('behaviour: node and coordinator talk over the WebSocket, either way', async () => {
    const hub = await coordinator()
    const a = await echoNode(hub)
    await handleProtocol(hub, ECHO, async (channel) => {
      await channel.send(await channel.receive(echoSchema, 'echo request'))
    })
    expect(await echo(a, hub.publicKey, 'up')).toBe('websocket')
    expect(await echo(hub, a.publicKey, 'down')).toBe('websocket')
  })

  test('error: UnreachablePeer for a key that nobody holds, and at the coordinator for a node that is not there', async () => {
    const hub = await coordinator()
    const a = await echoNode(hub)
    const nobody = newSigner().publicKey
    await expect(openChannel(a, nobody, ECHO)).rejects.toMatchObject({ name: 'net.UnreachablePeer' })
    await expect(openChannel(hub, nobody, ECHO)).rejects.toMatchObject({ name: 'net.UnreachablePeer' })
  })

  test('error: the signal ends an openChannel with its reason', async () => {
    const hub = await coordinator()
    const a = await echoNode(hub)
    const reason = new Error('changed my mind')
    const opening = openChannel(a, newSigner().publicKey, ECHO, { signal: AbortSignal.abort(reason) })
    await expect(opening).rejects.toBe(reason)
  })

  test('error: ChannelRefused for a protocol the peer does not speak', async () => {
    const hub = await coordinator()
    const a = await echoNode(hub)
    await expect(openChannel(a, hub.publicKey, defineProtocol('test-unknown'))).rejects.toMatchObject({
      name: 'net.ChannelRefused',
    })
  })
})

describe('coordinatorAddress', () => {
  const key = newSigner().publicKey
  const id = peerIdOf(key).toString()
  test.each([
    ['http://localhost:4747', `/dns/localhost/tcp/4747/ws/p2p/${id}`],
    ['http://192.168.1.7:80/', `/ip4/192.168.1.7/tcp/80/ws/p2p/${id}`],
    ['https://grid.example', `/dns/grid.example/tcp/443/tls/ws/p2p/${id}`],
    ['http://[::1]:4747', `/ip6/::1/tcp/4747/ws/p2p/${id}`],
  ])('default: %s', (url, expected) => {
    expect(coordinatorAddress(url, key)).toBe(expected)
  })
})
