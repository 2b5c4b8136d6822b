// Who dials whom, who may, and what the relay lets through.
import * as v from 'valibot'
import { describe, expect, test, vi } from 'vitest'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { dropConnection } from './drop-connection.ts'
import type { ContributorPeer } from './contributor-peer.ts'
import { peerIdOf } from './peer-identity.ts'
import { coordinator, newSigner, node } from './peers.fixture.ts'
import { defineProtocol, handleProtocol, openChannel } from './protocol.ts'
import { RELAY_DATA_LIMIT_BYTES } from './settings.ts'

const PIECE_BYTES = 16 * 1024
const BULK = defineProtocol('test-bulk', 1, { maxRawBytes: PIECE_BYTES })
const countSchema = v.strictObject({ bytes: v.number() })

/** Two keys, the lower first. */
function twoSigners(): [Signer, Signer] {
  const [a, b] = [newSigner(), newSigner()]
  return a.publicKey < b.publicKey ? [a, b] : [b, a]
}

describe('a direct connection', () => {
  test.each(['low', 'high'])('behaviour: the lower key dials when the %s one asks', async (who) => {
    const hub = await coordinator()
    const [lowSigner, highSigner] = twoSigners()
    const [low, high] = await Promise.all([node(hub, { signer: lowSigner }), node(hub, { signer: highSigner })])
    const [asker, other] = who === 'low' ? [low, high] : [high, low]
    const connection = await asker.connect(other.publicKey, { requireDirect: true })
    expect(connection.direction).toBe(who === 'low' ? 'outbound' : 'inbound')
    expect(await asker.connect(other.publicKey)).toBe(connection)
  })

  test('behaviour: the higher key dials itself when the lower one does not answer', async () => {
    const hub = await coordinator()
    const [lowSigner, highSigner] = twoSigners()
    const [low, high] = await Promise.all([node(hub, { signer: lowSigner }), node(hub, { signer: highSigner })])
    await low.libp2p.unhandle('/commonwatt/connect/v1')
    const connection = await high.connect(low.publicKey, { requireDirect: true })
    expect(connection.direction).toBe('outbound')
  })

  test('behaviour: a direct connection that is gone is made again', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub), node(hub)])
    const first = await a.connect(b.publicKey, { requireDirect: true })
    await dropConnection(first, new Error('dropped by the test'))
    const second = await a.connect(b.publicKey, { requireDirect: true })
    expect(second.id).not.toBe(first.id)
    expect(second.status).toBe('open')
  })

  test('behaviour: a caller that gives up does not spoil the dial for the other callers', async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub), node(hub)])
    const controller = new AbortController()
    const impatient = a.connect(b.publicKey, { requireDirect: true, signal: controller.signal })
    const patient = a.connect(b.publicKey, { requireDirect: true })
    controller.abort(new Error('too slow'))
    await expect(impatient).rejects.toThrow('too slow')
    expect((await patient).status).toBe('open')
  })

  test('option: mayConnect keeps a node from being reached, mayRelay keeps the relay from joining two', async () => {
    const refused = newSigner()
    const hub = await coordinator({ mayRelay: (from) => from !== refused.publicKey })
    const shut = await node(hub, { mayConnect: () => false })
    const open = await node(hub)
    await expect(open.connect(shut.publicKey)).rejects.toMatchObject({ name: 'net.UnreachablePeer' })
    const stranger = await node(hub, { signer: refused })
    await expect(stranger.connect(open.publicKey)).rejects.toMatchObject({ name: 'net.UnreachablePeer' })
    expect(hub.relayed.bytes(refused.publicKey)).toBe(0)
  })
})

describe('the relay', () => {
  async function send(from: ContributorPeer, to: PublicKey, bytes: number): Promise<number> {
    const channel = await openChannel(from, to, BULK)
    expect(channel.transport).toBe('relay')
    await channel.send({ bytes })
    for (let sent = 0; sent < bytes; sent += PIECE_BYTES) await channel.sendBytes(new Uint8Array(PIECE_BYTES))
    const answer = await channel.receive(countSchema, 'count', { timeoutMs: 10_000 })
    return answer.bytes
  }

  async function serveCount(peer: ContributorPeer): Promise<void> {
    await handleProtocol(peer, BULK, async (channel) => {
      const { bytes } = await channel.receive(countSchema, 'count')
      let received = 0
      while (received < bytes) received += (await channel.receiveBytes('bulk')).length
      await channel.send({ bytes: received })
    })
  }

  test(`limit: 0.75 MiB relayed, more than ${RELAY_DATA_LIMIT_BYTES} bytes cut off with an error`, async () => {
    const hub = await coordinator()
    const [a, b] = await Promise.all([node(hub, { isWebRtcWanted: false }), node(hub, { isWebRtcWanted: false })])
    await serveCount(b)
    expect(await send(a, b.publicKey, 768 * 1024)).toBe(768 * 1024)
    await expect(send(a, b.publicKey, 2 * 1024 * 1024)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(hub.relayed.bytes(a.publicKey, b.publicKey)).toBeGreaterThan(Number(RELAY_DATA_LIMIT_BYTES))
    expect(hub.relayed.bytes(a.publicKey, hub.publicKey)).toBe(0)
  })
})

describe('createNodePeer', () => {
  test('behaviour: where the native module does not load, the peer says so and uses the relay', async () => {
    vi.doMock('node-datachannel/polyfill', () => {
      throw new Error('no prebuilt binary for this platform')
    })
    try {
      const hub = await coordinator()
      const [a, b] = [await node(hub), await node(hub)]
      expect(a.webrtc).toEqual({
        isAvailable: false,
        reason: expect.stringContaining('node-datachannel does not load'),
      })
      const connection = await a.connect(b.publicKey)
      expect(connection.limits).toBeDefined()
      expect(a.libp2p.getConnections(peerIdOf(b.publicKey))).toHaveLength(1)
    } finally {
      vi.doUnmock('node-datachannel/polyfill')
    }
  })
})
