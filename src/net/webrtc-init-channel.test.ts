import { describe, expect, test } from 'vitest'
import { patchInitChannel } from './webrtc-init-channel.ts'

class FakeChannel extends EventTarget {
  readyState = 'connecting'
}

function implementation() {
  return class FakeConnection extends EventTarget {
    connectionState = 'connecting'
    channel = new FakeChannel()

    createDataChannel(_label: string): FakeChannel {
      return this.channel
    }

    become(state: string): void {
      this.connectionState = state
      this.dispatchEvent(new Event('connectionstatechange'))
    }
  }
}

const next = (channel: EventTarget, type: string) =>
  new Promise<Event>((resolve) => channel.addEventListener(type, resolve, { once: true }))

describe('patchInitChannel', () => {
  test('default: a listener added after the channel has closed still gets its open and close', async () => {
    const Connection = implementation()
    patchInitChannel(Connection)
    const connection = new Connection()
    const channel = connection.createDataChannel('init')
    channel.readyState = 'closed'
    channel.dispatchEvent(new Event('close'))
    expect((await next(channel, 'open')).type).toBe('open')
    expect((await next(channel, 'close')).type).toBe('close')
  })

  test('behaviour: while the channel lives its events come once, and only when they happen', async () => {
    const Connection = implementation()
    patchInitChannel(Connection)
    patchInitChannel(Connection)
    const channel = new Connection().createDataChannel('init')
    let count = 0
    channel.addEventListener('open', () => count++)
    await Promise.resolve()
    expect(count).toBe(0)
    channel.dispatchEvent(new Event('open'))
    expect(count).toBe(1)
  })

  test.each(['failed', 'closed'])(
    'behaviour: a connection that has become %s ends the wait with an error',
    async (state) => {
      const Connection = implementation()
      patchInitChannel(Connection)
      const connection = new Connection()
      const channel = connection.createDataChannel('init')
      const early = next(channel, 'error')
      connection.become(state)
      expect(await early).toMatchObject({ error: expect.objectContaining({ message: expect.stringContaining(state) }) })
      const late = next(channel, 'error')
      void next(channel, 'open')
      expect((await late).type).toBe('error')
    },
  )

  test('behaviour: other channels are left alone', () => {
    const Connection = implementation()
    patchInitChannel(Connection)
    const channel = new Connection().createDataChannel('data')
    expect(Object.hasOwn(channel, 'addEventListener')).toBe(false)
  })
})
