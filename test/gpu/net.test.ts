// Peers in a real page: they find one another through a coordinator in another process and talk directly over WebRTC.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import { toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { type PublicKey, type Signer, signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { createBrowserPeer } from '#net/browser-peer.ts'
import { bestConnection, transportOf } from '#net/connections.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { peerIdOf } from '#net/peer-identity.ts'
import { fetchContent } from '#net/protocols/blob/handler.ts'
import { ECHO, echo, serveEcho } from '../support/echo-protocol.ts'
import type { RunningRelay } from '../support/relay-commands.ts'

const peers = new Set<ContributorPeer>()
let relay: RunningRelay

beforeEach(async () => {
  relay = await commands.startRelay(toHex(systemRandom.bytes(32)), 0)
})

afterEach(async () => {
  await Promise.all([...peers].map((peer) => peer.close()))
  peers.clear()
  await commands.stopAllPeers()
})

/** A session key as a page has it: WebCrypto, not extractable. */
async function sessionSigner(): Promise<Signer> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  return {
    publicKey: toHex(new Uint8Array(raw)) as PublicKey,
    sign: async (message) => toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message))),
  }
}

async function browserNode(signer?: Signer): Promise<ContributorPeer> {
  const peer = await createBrowserPeer({ signer: signer ?? (await sessionSigner()), coordinator: relay.multiaddrs })
  peers.add(peer)
  await serveEcho(peer)
  await peer.keeper.whenReserved({ timeoutMs: 30_000 })
  return peer
}

describe('peers in a page', () => {
  test('default: two of them connect directly over WebRTC, and nothing but signalling crosses the relay', async () => {
    const [a, b] = await Promise.all([browserNode(), browserNode()])
    expect(await echo(a, b.publicKey, 'hello', true)).toBe('webrtc')
    const signalling = await commands.relayedBytes(relay.publicKey, a.publicKey, b.publicKey)
    for (let i = 0; i < 20; i++)
      expect(await echo(i % 2 ? a : b, (i % 2 ? b : a).publicKey, 'x'.repeat(10_000))).toBe('webrtc')
    const relayed = await commands.relayedBytes(relay.publicKey, a.publicKey, b.publicKey)
    expect(signalling).toBeGreaterThan(0)
    expect(relayed - signalling).toBeLessThan(5_000)
    for (const peer of [a, b]) {
      expect(peer.traffic.bytes({ protocol: ECHO.id, transport: 'webrtc' })).toBeGreaterThan(400_000)
      expect(peer.traffic.bytes({ protocol: ECHO.id, transport: 'relay' })).toBe(0)
    }
  })

  test('behaviour: two that connect to each other at once end up with one direct connection', async () => {
    const [a, b] = await Promise.all([browserNode(), browserNode()])
    expect(await Promise.all([echo(a, b.publicKey, 'a', true), echo(b, a.publicKey, 'b', true)])).toEqual([
      'webrtc',
      'webrtc',
    ])
    const direct = a.libp2p.getConnections(peerIdOf(b.publicKey)).filter((each) => transportOf(each) === 'webrtc')
    expect(direct).toHaveLength(1)
  })

  test('behaviour: one in the page and one in Node connect directly, whoever asks', async () => {
    const other = await commands.startEchoNode(relay.multiaddrs)
    expect(other.hasWebRtc).toBe(true)
    const low = await browserNode(signerBelow(other.publicKey))
    const high = await browserNode(signerAbove(other.publicKey))
    expect(await echo(low, other.publicKey as PublicKey, 'hello', true)).toBe('webrtc')
    expect(await echo(high, other.publicKey as PublicKey, 'hello', true)).toBe('webrtc')
  })

  test('behaviour: 20 dials in a row succeed, none hangs', async () => {
    const a = await browserNode()
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      const b = await browserNode()
      const start = performance.now()
      expect(await echo(a, b.publicKey, `dial ${i}`, true)).toBe('webrtc')
      times.push(Math.round(performance.now() - start))
      await b.close()
      peers.delete(b)
    }
    console.info(`20 dials and echoes, ms: ${times.toSorted((x, y) => x - y).join(' ')}`)
  })

  test('behaviour: a peer that sends nonsense over WebRTC is dropped, and the other goes on', async () => {
    const [a, bad, good] = await Promise.all([browserNode(), browserNode(), browserNode()])
    await echo(bad, a.publicKey, 'fine so far', true)
    const connection = bestConnection(bad.libp2p, a.publicKey)
    if (connection === undefined) throw new Error('the connection is gone')
    const isDropped = new Promise((resolve) => a.scores.onDrop((_peer, score) => resolve(score.lastError.name)))
    const stream = await connection.newStream(ECHO.id)
    stream.send(new Uint8Array(1000).fill(0xff))
    expect(await isDropped).toBe('net.Frame')
    await expect(echo(bad, a.publicKey, 'again')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await echo(good, a.publicKey, 'still here', true)).toBe('webrtc')
  })

  test('behaviour: a page fetches a content from the coordinator, proven part by part', async () => {
    const a = await browserNode()
    const sizeBytes = (16 << 20) + 5
    const id = (await commands.serveBlob(relay.publicKey, sizeBytes)) as Digest
    let received = 0
    const start = performance.now()
    const { layout } = await fetchContent(a, a.coordinator, id, {
      onPart: (_index, bytes) => void (received += bytes.length),
    })
    console.info(`fetched ${(received / 2 ** 20 / ((performance.now() - start) / 1000)).toFixed(1)} MiB/s`)
    expect(layout).toEqual({ form: 'blob', sizeBytes })
    expect(received).toBe(sizeBytes)
  })

  test('behaviour: the relay dies: direct connections live on; it comes back: both are reserved and reachable again', async () => {
    await commands.stopRelay(relay.publicKey)
    const secret = toHex(systemRandom.bytes(32))
    relay = await commands.startRelay(secret, 0)
    const port = Number(relay.multiaddrs[0]?.split('/')[4])
    const [a, b] = await Promise.all([browserNode(), browserNode()])
    await echo(a, b.publicKey, 'hello', true)
    const isLost = [a, b].map(
      (peer) => new Promise<void>((resolve) => peer.keeper.onEvent(({ state }) => state === 'waiting' && resolve())),
    )
    await commands.stopRelay(relay.publicKey)
    await Promise.all(isLost)
    expect(await echo(a, b.publicKey, 'without a relay', true)).toBe('webrtc')
    await commands.startRelay(secret, port)
    await Promise.all([a, b].map((peer) => peer.keeper.whenReserved({ timeoutMs: 60_000 })))
    const c = await browserNode()
    expect(await echo(c, a.publicKey, 'hello', true)).toBe('webrtc')
  })
})

function signerBelow(key: string): Signer {
  return signerWhere((own) => own < key)
}

function signerAbove(key: string): Signer {
  return signerWhere((own) => own > key)
}

function signerWhere(fits: (key: string) => boolean): Signer {
  for (;;) {
    const signer = signerFromSecret(systemRandom.bytes(32))
    if (fits(signer.publicKey)) return signer
  }
}
