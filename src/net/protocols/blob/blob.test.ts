// Contents over real peers: fetched and put, proven part by part, resumed after a loss, refused when they are not what they claim.
import { describe, expect, test } from 'vitest'
import { type ContentLayout, contentId, partCount, partSpan } from '#core/content.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { Peer } from '#net/peer.ts'
import { coordinator, node } from '#net/peers.fixture.ts'
import { BLOB_GET_PROTOCOL, MAX_PARTS_PER_REQUEST } from './constants.ts'
import { openChannel } from '#net/protocol.ts'
import { type ContentSink, type PutOffer, fetchContent, putContent, serveContent, takeContent } from './handler.ts'
import { gotSchema } from './messages.ts'
import type { ContentSource } from './transfer.ts'

const LEASE = digestOf('test-lease', 'a lease')

type Content = { id: Digest; layout: ContentLayout; parts: Uint8Array<ArrayBuffer>[]; leaves: Digest[] }

function content(layout: ContentLayout, seed = 'content'): Content {
  const random = seededRandom(seed)
  const parts = Array.from({ length: partCount(layout) }, (_, index) => random.bytes(partSpan(layout, index).length))
  const leaves = parts.map((part) => leafDigest(part))
  return { id: contentId(layout, leaves), layout, parts, leaves }
}

function sourceOf(...contents: Content[]): ContentSource {
  const find = (id: Digest) => {
    const found = contents.find((each) => each.id === id)
    if (found === undefined) throw new Error(`no content ${id}`)
    return found
  }
  return {
    layout: async (id) => contents.find((each) => each.id === id)?.layout,
    leaves: async (id) => find(id).leaves,
    part: async (id, index) => find(id).parts[index] ?? new Uint8Array(0),
  }
}

async function fetchAll(from: Peer, hub: Peer, id: Digest, parts?: number[]): Promise<Map<number, Uint8Array>> {
  const got = new Map<number, Uint8Array>()
  await fetchContent(from, hub.publicKey, id, {
    ...(parts === undefined ? {} : { parts }),
    onPart: (index, bytes) => void got.set(index, bytes),
  })
  return got
}

describe('fetchContent', () => {
  test.each<[string, ContentLayout]>([
    ['an empty blob', { form: 'blob', sizeBytes: 0 }],
    ['one byte', { form: 'blob', sizeBytes: 1 }],
    ['a blob of 3 chunks and a bit', { form: 'blob', sizeBytes: 3 * 65_536 + 17 }],
    ['a matrix of whole and partial tiles', { form: 'matrix', dtype: 'i32', rows: 513, cols: 300 }],
    ['more parts than a request takes', { form: 'matrix', dtype: 'i8', rows: 1, cols: 300 * 256 }],
  ])('default: %s', async (_what, layout) => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content(layout)
    await serveContent(hub, sourceOf(given))
    const got = await fetchAll(a, hub, given.id)
    expect([...got.keys()]).toEqual(given.parts.map((_, index) => index))
    for (const [index, bytes] of got) expect(Buffer.compare(bytes, given.parts[index] ?? new Uint8Array())).toBe(0)
    expect(a.traffic.bytes({ protocol: BLOB_GET_PROTOCOL.id, transport: 'relay' })).toBe(0)
  })

  test('option: parts are given in the order asked for, a known manifest saves the leaves', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 10 * 65_536 })
    let asked = 0
    const source = sourceOf(given)
    await serveContent(hub, { ...source, leaves: async (id) => ((asked += 1), source.leaves(id)) })
    const order: number[] = []
    const onPart = (index: number) => void order.push(index)
    const manifest = await fetchContent(a, hub.publicKey, given.id, { parts: [7, 2], onPart })
    await fetchContent(a, hub.publicKey, given.id, { parts: [9, 0], onPart, manifest })
    expect(order).toEqual([7, 2, 9, 0])
    expect(asked).toBe(1)
  })

  test('behaviour: a fetch whose connection is cut goes on with the missing parts', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 40 * 65_536 })
    const served: number[] = []
    const source = sourceOf(given)
    await serveContent(hub, {
      ...source,
      part: async (id, index) => {
        served.push(index)
        if (served.length === 20)
          for (const connection of hub.libp2p.getConnections()) connection.abort(new Error('cut by the test'))
        return source.part(id, index)
      },
    })
    const got = await fetchAll(a, hub, given.id)
    expect(got.size).toBe(40)
    expect(served.length).toBeLessThan(80)
  })

  test('error: ContentRefused for an unknown content and for a forbidden one', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 10 })
    await serveContent(hub, sourceOf(given), (remote) => remote !== a.publicKey)
    const unknown = fetchAll(a, hub, digestOf('test', 'nothing'))
    await expect(unknown).rejects.toMatchObject({ name: 'net.ContentRefused', reason: 'forbidden' })
    const b = await node(hub)
    await expect(fetchAll(b, hub, digestOf('test', 'nothing'))).rejects.toMatchObject({ reason: 'unknown' })
  })

  test.each<[string, (given: Content) => ContentSource]>([
    ['a part with one byte changed', (given) => ({ ...sourceOf(given), part: async () => changed(given.parts[0]) })],
    ['a part that is too short', (given) => ({ ...sourceOf(given), part: async () => new Uint8Array(3) })],
    [
      'leaves of another content',
      (given) => ({ ...sourceOf(given), leaves: async () => content(given.layout, 'other').leaves }),
    ],
    ['another layout', (given) => ({ ...sourceOf(given), layout: async () => ({ form: 'blob', sizeBytes: 70_001 }) })],
  ])('error: ContentMismatch for %s, and the peer is dropped', async (_what, lie) => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 70_000 })
    await serveContent(hub, lie(given))
    await expect(fetchAll(a, hub, given.id)).rejects.toMatchObject({ name: 'net.ContentMismatch' })
    expect(a.scores.isCooling(hub.publicKey)).toBe(true)
  })

  test(`limit: ${MAX_PARTS_PER_REQUEST} parts in a request accepted, ${MAX_PARTS_PER_REQUEST + 1} refused`, async () => {
    const hub = await coordinator()
    const given = content({ form: 'blob', sizeBytes: 1 })
    await serveContent(hub, sourceOf(given))
    for (const [count, isDropped] of [
      [MAX_PARTS_PER_REQUEST, false],
      [MAX_PARTS_PER_REQUEST + 1, true],
    ] as const) {
      const a = await node(hub)
      const channel = await openChannel(a, hub.publicKey, BLOB_GET_PROTOCOL)
      await channel.send({ type: 'get', id: given.id })
      await channel.receive(gotSchema, 'answer')
      await channel.send({ type: 'parts', parts: Array.from({ length: count }, () => 0) })
      const first = channel.receiveBytes('part', { timeoutMs: 5000 })
      if (isDropped) await expect(first).rejects.toMatchObject({ name: 'net.ChannelClosed' })
      else expect(await first).toEqual(given.parts[0])
      channel.abort(new Error('enough'))
      expect(hub.scores.isCooling(a.publicKey)).toBe(isDropped)
    }
  })

  test('error: NoSuchPart for the part after the last', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 1 })
    await serveContent(hub, sourceOf(given))
    const channel = await openChannel(a, hub.publicKey, BLOB_GET_PROTOCOL)
    await channel.send({ type: 'get', id: given.id })
    await channel.receive(gotSchema, 'answer')
    await channel.send({ type: 'parts', parts: [1] })
    await expect(channel.receiveBytes('part')).rejects.toMatchObject({ name: 'net.ChannelClosed' })
    expect(hub.scores.scoreOf(a.publicKey)?.lastError.name).toBe('net.NoSuchPart')
  })
})

describe('putContent', () => {
  function sink(wanted: (offer: PutOffer) => readonly number[] | 'unwanted') {
    const parts = new Map<number, Uint8Array>()
    const stored: PutOffer[] = []
    const it: ContentSink = {
      offered: async (offer) => wanted(offer),
      part: async (_offer, index, bytes) => void parts.set(index, bytes),
      stored: async (offer) => void stored.push(offer),
    }
    return { parts, stored, it }
  }

  test('default: the wanted parts arrive, proven, and the taker is told once', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'matrix', dtype: 'i32', rows: 300, cols: 700 })
    const taken = sink(() => [0, 1, 2, 3, 4, 5])
    await takeContent(hub, taken.it)
    await putContent(a, hub.publicKey, { lease: LEASE, id: given.id, layout: given.layout }, sourceOf(given))
    expect(taken.stored).toEqual([{ from: a.publicKey, lease: LEASE, id: given.id, layout: given.layout }])
    expect([...taken.parts.keys()]).toEqual([0, 1, 2, 3, 4, 5])
    for (const [index, bytes] of taken.parts) expect(Buffer.compare(bytes, given.parts[index] ?? Buffer.of())).toBe(0)
  })

  test('option: parts that are there already are not sent again', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 5 * 65_536 })
    const taken = sink(() => [3])
    await takeContent(hub, taken.it)
    await putContent(a, hub.publicKey, { lease: LEASE, id: given.id, layout: given.layout }, sourceOf(given))
    expect([...taken.parts.keys()]).toEqual([3])
  })

  test('error: ContentRefused when it is unwanted', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 5 })
    await takeContent(hub, sink(() => 'unwanted').it)
    const putting = putContent(a, hub.publicKey, { lease: LEASE, id: given.id, layout: given.layout }, sourceOf(given))
    await expect(putting).rejects.toMatchObject({ name: 'net.ContentRefused', reason: 'unwanted' })
  })

  test('error: a node that puts other bytes is dropped and nothing is stored', async () => {
    const hub = await coordinator()
    const a = await node(hub)
    const given = content({ form: 'blob', sizeBytes: 70_000 })
    const taken = sink(() => [0, 1])
    await takeContent(hub, taken.it)
    const liar: ContentSource = { ...sourceOf(given), part: async () => changed(given.parts[0]) }
    const putting = putContent(a, hub.publicKey, { lease: LEASE, id: given.id, layout: given.layout }, liar)
    await expect(putting).rejects.toMatchObject({ kind: 'unavailable' })
    expect(hub.scores.scoreOf(a.publicKey)?.lastError.name).toBe('net.ContentMismatch')
    expect(taken.stored).toEqual([])
    expect(taken.parts.size).toBe(0)
  })
})

function changed(part: Uint8Array<ArrayBuffer> | undefined): Uint8Array {
  const copy = new Uint8Array(part ?? [])
  copy[0] = (copy[0] ?? 0) ^ 1
  return copy
}
