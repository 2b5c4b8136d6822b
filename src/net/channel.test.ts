// Channels between real peers over the WebSocket, and what becomes of peers that break the rules.
import type { Stream } from '@libp2p/interface'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { encodeCbor } from '#core/cbor.ts'
import { createManualClock } from '#core/clock.fixture.ts'
import { concat } from '#core/bytes.ts'
import { type Channel, FRAME_COST_BYTES } from './channel.ts'
import type { ContributorPeer } from './contributor-peer.ts'
import type { CoordinatorPeer } from './coordinator-peer.ts'
import { encodeCredit, encodeFrame } from './frame.ts'
import { coordinator, node } from './peers.fixture.ts'
import { defineProtocol, handleProtocol, openChannel } from './protocol.ts'

const TALK = defineProtocol('test-talk', 1, { maxMessageBytes: 1024, maxRawBytes: 4096 })
const WINDOW = TALK.bounds.windowBytes
const textSchema = v.strictObject({ text: v.string() })

/** Opens a channel and returns both ends of it. */
async function ends(hub: CoordinatorPeer, from: ContributorPeer): Promise<[Channel, Channel]> {
  const accepted = Promise.withResolvers<Channel>()
  const isDone = Promise.withResolvers<void>()
  const stop = await handleProtocol(hub, TALK, async (channel) => {
    accepted.resolve(channel)
    channel.ended.addEventListener('abort', () => isDone.resolve())
    await isDone.promise
  })
  const channel = await openChannel(from, hub.publicKey, TALK)
  const other = await accepted.promise
  await stop()
  return [channel, other]
}

describe('Channel', () => {
  test('default: messages and bytes arrive in order, either way', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    await a.send({ text: 'one' })
    await a.sendBytes(Uint8Array.of(1, 2, 3))
    await b.send({ text: 'two' })
    expect(await b.receive(textSchema, 'greeting')).toEqual({ text: 'one' })
    expect(await b.receiveBytes('blob')).toEqual(Uint8Array.of(1, 2, 3))
    expect(await a.receive(textSchema, 'greeting')).toEqual({ text: 'two' })
    await Promise.all([a.close(), b.close()])
    await expect(a.receive(textSchema, 'more')).rejects.toMatchObject({ name: 'net.ChannelClosed' })
  })

  test('behaviour: what was sent before a close still arrives', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    await a.send({ text: 'last words' })
    const closing = a.close()
    expect(await b.receive(textSchema, 'words')).toEqual({ text: 'last words' })
    await b.close()
    await closing
  })

  test('behaviour: a sender waits for a slow reader, and never has more than the window unread', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    const cost = 4096 + FRAME_COST_BYTES
    const inWindow = Math.floor(WINDOW / cost)
    let sent = 0
    const sending = (async () => {
      for (let i = 0; i < 100; i++) {
        await a.sendBytes(new Uint8Array(4096).fill(i))
        sent++
      }
    })()
    const first = await b.receiveBytes('bytes')
    expect(sent).toBeLessThanOrEqual(inWindow + 1)
    expect(first[0]).toBe(0)
    for (let i = 1; i < 100; i++) expect((await b.receiveBytes('bytes'))[0]).toBe(i)
    await sending
    expect(sent).toBe(100)
  })

  test('behaviour: a send that is aborted while it waits leaves the channel usable', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    for (let i = 0; i < Math.floor(WINDOW / (4096 + FRAME_COST_BYTES)); i++) await a.sendBytes(new Uint8Array(4096))
    const controller = new AbortController()
    const waiting = a.sendBytes(new Uint8Array(4096), { signal: controller.signal })
    controller.abort(new Error('never mind'))
    await expect(waiting).rejects.toThrow('never mind')
    const after = a.send({ text: 'still here' })
    await b.receiveBytes('bytes')
    await b.receiveBytes('bytes')
    await after
    expect(await b.receive(textSchema, 'words')).toEqual({ text: 'still here' })
  })

  test('error: TimeoutError when nothing comes in time, and the channel goes on', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    await expect(a.receive(textSchema, 'word', { timeoutMs: 20 })).rejects.toMatchObject({ name: 'TimeoutError' })
    await b.send({ text: 'late' })
    expect(await a.receive(textSchema, 'word')).toEqual({ text: 'late' })
  })

  test('limit: a message of the bound sent, one byte more refused here', async () => {
    const hub = await coordinator()
    const [a, b] = await ends(hub, await node(hub))
    const text = 'x'.repeat(1024 - encodeCbor({ text: 'x'.repeat(1000) }).length + 1000)
    await a.send({ text })
    expect(await b.receive(textSchema, 'word')).toEqual({ text })
    await expect(a.send({ text: `${text}x` })).rejects.toMatchObject({ name: 'net.FrameTooLarge', kind: 'input' })
  })

  test('behaviour: a silent channel is cut after its idle timeout', async () => {
    const clock = createManualClock(1_000_000)
    const hub = await coordinator({ clock })
    const [a, b] = await ends(hub, await node(hub))
    clock.advance(TALK.bounds.idleTimeoutMs - 1)
    expect(b.ended.aborted).toBe(false)
    clock.advance(1)
    expect(b.ended.reason).toMatchObject({ name: 'net.ChannelIdle' })
    await expect(a.receive(textSchema, 'word')).rejects.toMatchObject({ name: 'net.ChannelClosed' })
    expect(hub.scores.scoreOf(a.remote)).toBeUndefined()
  })
})

const hostile: [string, string, (stream: Stream) => void][] = [
  ['bytes that are no frame', 'net.Frame', (stream) => stream.send(new Uint8Array(100).fill(0xff))],
  [
    'an oversized message, refused by its head',
    'net.Frame',
    (stream) => stream.send(encodeFrame('message', new Uint8Array(1025)).subarray(0, 5)),
  ],
  ['CBOR that is not canonical', 'core.Cbor', (stream) => stream.send(encodeFrame('message', Uint8Array.of(0x18, 1)))],
  [
    'a message of another form',
    'core.Schema',
    (stream) => stream.send(encodeFrame('message', encodeCbor({ text: 5 }))),
  ],
  [
    'bytes in place of a message',
    'net.UnexpectedFrame',
    (stream) => stream.send(encodeFrame('bytes', Uint8Array.of(1))),
  ],
  ['a credit that is not owed', 'net.Credit', (stream) => stream.send(encodeCredit(1))],
  [
    'more frames than the window holds',
    'net.Window',
    (stream) => {
      const frame = encodeFrame('message', encodeCbor({ text: '' }))
      const count = Math.ceil(WINDOW / FRAME_COST_BYTES) + 2
      stream.send(concat(...Array.from({ length: count }, () => frame)))
    },
  ],
]

describe('a hostile peer', () => {
  test.each(hostile)('behaviour: %s drops it (%s), and the node goes on', async (_what, name, attack) => {
    const hub = await coordinator()
    const [bad, good] = await Promise.all([node(hub), node(hub)])
    const errors = Promise.withResolvers<unknown>()
    await handleProtocol(
      hub,
      TALK,
      async (channel) => {
        const message = await channel.receive(textSchema, 'message')
        await channel.send(message)
        if (name === 'net.Window') await channel.receiveBytes('never')
      },
      errors.resolve,
    )
    const connection = await bad.connect(hub.publicKey)
    const isClosed = new Promise((resolve) => connection.addEventListener('close', resolve))
    const stream = await connection.newStream(TALK.id)
    attack(stream)
    await isClosed
    expect(hub.scores.scoreOf(bad.publicKey)?.lastError.name).toBe(name)
    expect(hub.scores.isCooling(bad.publicKey)).toBe(true)
    expect(await errors.promise).toMatchObject({ kind: 'hostile' })

    const channel = await openChannel(good, hub.publicKey, TALK)
    await channel.send({ text: 'fine' })
    expect(await channel.receive(textSchema, 'message')).toEqual({ text: 'fine' })
    await channel.close()
    await expect(openChannel(bad, hub.publicKey, TALK)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('behaviour: a handler that fails otherwise ends the channel, not the peer', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    await handleProtocol(hub, TALK, () => Promise.reject(new Error('out of disk')))
    const channel = await openChannel(a, hub.publicKey, TALK)
    await expect(channel.receive(textSchema, 'word')).rejects.toMatchObject({ name: 'net.ChannelClosed' })
    expect(hub.scores.isCooling(a.publicKey)).toBe(false)
  })

  test(`limit: ${TALK.maxInboundStreams} channels at a time served, one more refused`, async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const served: Channel[] = []
    const allServed = Promise.withResolvers<void>()
    await handleProtocol(hub, TALK, async (channel) => {
      served.push(channel)
      if (served.length === TALK.maxInboundStreams) allServed.resolve()
      await channel.receive(textSchema, 'word')
    })
    for (let i = 0; i < TALK.maxInboundStreams; i++) await openChannel(a, hub.publicKey, TALK)
    await allServed.promise
    const extra = await openChannel(a, hub.publicKey, TALK)
    await expect(extra.receive(textSchema, 'word')).rejects.toMatchObject({ name: 'net.ChannelClosed' })
    expect(served).toHaveLength(TALK.maxInboundStreams)
  })
})
