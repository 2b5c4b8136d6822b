import { describe, expect, test } from 'vitest'
import { type DrainableStream, waitDrain } from './wait-drain.ts'

class FakeStream extends EventTarget {
  writableNeedsDrain = true
  status: DrainableStream['status'] = 'open'

  drain(): void {
    this.writableNeedsDrain = false
    this.dispatchEvent(new Event('drain'))
  }

  end(): void {
    this.status = 'reset'
    this.dispatchEvent(new Event('close'))
  }
}

const asStream = (stream: FakeStream) => stream as unknown as DrainableStream

describe('waitDrain', () => {
  test('default: resolves at once while the stream takes bytes', async () => {
    const stream = new FakeStream()
    stream.writableNeedsDrain = false
    await waitDrain(asStream(stream))
  })

  test('behaviour: waits for every drain anew, not only for the first', async () => {
    const stream = new FakeStream()
    for (let round = 0; round < 3; round++) {
      stream.writableNeedsDrain = true
      let isDone = false
      const waiting = waitDrain(asStream(stream)).then(() => (isDone = true))
      await Promise.resolve()
      expect(isDone).toBe(false)
      stream.drain()
      await waiting
    }
  })

  test('behaviour: a drain after which the stream is full again is waited out', async () => {
    const stream = new FakeStream()
    let isDone = false
    const waiting = waitDrain(asStream(stream)).then(() => (isDone = true))
    stream.dispatchEvent(new Event('drain'))
    await new Promise((resolve) => setTimeout(resolve))
    expect(isDone).toBe(false)
    stream.drain()
    await waiting
  })

  test('error: StreamEnded when it closes first, or was closed', async () => {
    const stream = new FakeStream()
    const waiting = waitDrain(asStream(stream))
    stream.end()
    await expect(waiting).rejects.toMatchObject({ name: 'net.StreamEnded' })
    await expect(waitDrain(asStream(stream))).rejects.toMatchObject({ name: 'net.StreamEnded' })
  })

  test('error: the signal ends the wait with its reason', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = waitDrain(asStream(new FakeStream()), controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
