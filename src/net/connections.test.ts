import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { isDirect, transportOf } from './connections.ts'
import { newSigner } from './peers.fixture.ts'
import { peerIdOf } from './peer-identity.ts'
import { Traffic } from './traffic.ts'

const [RELAY, OTHER] = [newSigner(), newSigner()].map((signer) => peerIdOf(signer.publicKey).toString())
const circuit = `/ip4/127.0.0.1/tcp/1/ws/p2p/${RELAY}/p2p-circuit`
const LIMITS = { bytes: 100n }

describe('transportOf', () => {
  test.each([
    [`${circuit}/webrtc/p2p/${OTHER}`, undefined, 'webrtc'],
    [`/webrtc/p2p/${OTHER}`, undefined, 'webrtc'],
    [`${circuit}/p2p/${OTHER}`, LIMITS, 'relay'],
    // A relay without limits still sees the bytes, and one that claims to be WebRTC does too.
    [`${circuit}/p2p/${OTHER}`, undefined, 'relay'],
    [`${circuit}/webrtc/p2p/${OTHER}`, LIMITS, 'relay'],
    [`/ip4/127.0.0.1/tcp/1/ws/p2p/${RELAY}`, undefined, 'websocket'],
    [`/dns/grid.example/tcp/443/tls/ws/p2p/${RELAY}`, undefined, 'websocket'],
  ])('default: %s', (address, limits, expected) => {
    const connection = { remoteAddr: multiaddr(address), ...(limits === undefined ? {} : { limits }) }
    expect(transportOf(connection)).toBe(expected)
    expect(isDirect(connection)).toBe(expected !== 'relay')
  })
})

describe('Traffic', () => {
  test('default: bytes add up by protocol and transport', () => {
    const traffic = new Traffic()
    traffic.count('/a', 'webrtc', { sentBytes: 10, channels: 1 })
    traffic.count('/a', 'webrtc', { receivedBytes: 5 })
    traffic.count('/a', 'relay', { sentBytes: 3 })
    traffic.count('/b', 'webrtc', { sentBytes: 1 })
    expect(traffic.bytes()).toBe(19)
    expect(traffic.bytes({ protocol: '/a' })).toBe(18)
    expect(traffic.bytes({ transport: 'webrtc' })).toBe(16)
    expect(traffic.bytes({ protocol: '/a', transport: 'relay' })).toBe(3)
    expect(traffic.bytes({ protocol: '/c' })).toBe(0)
    expect(traffic.rows()[0]).toEqual({
      protocol: '/a',
      transport: 'webrtc',
      sentBytes: 10,
      receivedBytes: 5,
      channels: 1,
    })
  })
})
