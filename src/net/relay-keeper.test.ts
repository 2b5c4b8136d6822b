// A node that loses its coordinator comes back by itself, whether the coordinator was stopped, cut off or is slow to return.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import { coordinator, newSigner, node, stop } from './peers.fixture.ts'
import { BASE_DELAY_MS, MAX_DELAY_MS, type RelayEvent, backoffMs } from './relay-keeper.ts'

describe('RelayKeeper', () => {
  test('default: after the coordinator has died and come back at the same address the node is reserved again', async () => {
    const signer = newSigner()
    const first = await coordinator({ signer })
    const port = Number(first.multiaddrs[0]?.split('/')[4])
    const a = await node(first)
    const events: RelayEvent['state'][] = []
    const isWaiting = new Promise<void>((resolve) => {
      a.keeper.onEvent(({ state }) => {
        events.push(state)
        if (state === 'waiting') resolve()
      })
    })
    await stop(first)
    await isWaiting
    expect(a.keeper.relay).toBeUndefined()
    const second = await coordinator({ signer, port })
    await a.keeper.whenReserved({ timeoutMs: 20_000 })
    expect(events.at(-1)).toBe('reserved')
    expect(second.libp2p.getConnections()).toHaveLength(1)
  })

  test('behaviour: a connection that is cut is made anew', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const isLost = new Promise<void>((resolve) => {
      a.keeper.onEvent(({ state }) => state === 'waiting' && resolve())
    })
    for (const connection of a.libp2p.getConnections()) connection.abort(new Error('cut by the test'))
    await isLost
    await a.keeper.whenReserved({ timeoutMs: 20_000 })
  })

  test('behaviour: stopping while the coordinator is away ends the loop', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const isWaiting = new Promise<void>((resolve) => {
      a.keeper.onEvent(({ state }) => state === 'waiting' && resolve())
    })
    await stop(hub)
    await isWaiting
    await a.keeper.stop()
    expect(a.keeper.state).toEqual({ state: 'stopped' })
    await expect(a.keeper.whenReserved()).rejects.toMatchObject({ name: 'net.KeeperStopped' })
  })

  test('option: whenReserved gives up after its timeout', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const isLost = new Promise<void>((resolve) => {
      a.keeper.onEvent(({ state }) => state === 'waiting' && resolve())
    })
    await stop(hub)
    await isLost
    await expect(a.keeper.whenReserved({ timeoutMs: 30 })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('behaviour: delays double up to the limit, and half of each is chance', () => {
    const random = seededRandom('backoff')
    for (let attempt = 1; attempt < 12; attempt++) {
      const full = Math.min(BASE_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS)
      for (let i = 0; i < 50; i++) {
        const delayMs = backoffMs(random, attempt)
        expect(delayMs).toBeGreaterThanOrEqual(full / 2)
        expect(delayMs).toBeLessThanOrEqual(full)
      }
    }
  })
})

describe('a shared port', () => {
  test('default: pages and peers are served by one HTTP server', async () => {
    const server = createServer((_request, response) => response.end('page'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const hub = await coordinator({ server })
    expect(hub.multiaddrs).toEqual([`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${hub.libp2p.peerId.toString()}`])
    await node(hub)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page')
    await stop(hub)
    expect(server.listenerCount('upgrade')).toBe(0)
    expect(server.listening).toBe(true)
    server.close()
  })

  test('behaviour: a server on every interface is reached at each of its addresses', async () => {
    const server = createServer()
    server.listen(0)
    await once(server, 'listening')
    const hub = await coordinator({ server })
    expect(hub.multiaddrs.some((address) => address.startsWith('/ip4/127.0.0.1/'))).toBe(true)
    await node(hub)
    server.close()
  })

  test('behaviour: an upgrade of another path is not taken', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await coordinator({ server })
    const { port } = server.address() as AddressInfo
    const socket = new WebSocket(`ws://127.0.0.1:${port}/other`)
    const [event] = (await once(socket, 'error')) as [Event]
    expect(event.type).toBe('error')
    server.close()
  })

  test('error: ServerNotListening before the server has a port', async () => {
    await expect(coordinator({ server: createServer() })).rejects.toMatchObject({ name: 'net.ServerNotListening' })
  })
})
