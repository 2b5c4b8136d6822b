// A protocol for tests: whatever text comes is sent back.
import * as v from 'valibot'
import type { PublicKey } from '../../src/core/ed25519.ts'
import type { Peer } from '../../src/net/peer.ts'
import { defineProtocol, handleProtocol, openChannel } from '../../src/net/protocol.ts'

/** Small messages, over the relay too. */
export const ECHO = defineProtocol('test-echo', 1, { maxMessageBytes: 64 * 1024 })

const echoSchema = v.strictObject({ text: v.string() })

/** Answers echoes; returns the end of it. */
export function serveEcho(peer: Peer): Promise<() => Promise<void>> {
  return handleProtocol(peer, ECHO, async (channel) => {
    await channel.send(await channel.receive(echoSchema, 'echo request'))
  })
}

/** Sends `text` to `to` and returns the transport by which the same text came back. */
export async function echo(from: Peer, to: PublicKey, text: string, requireDirect = false): Promise<string> {
  const channel = await openChannel(from, to, ECHO, { requireDirect })
  await channel.send({ text })
  const answer = await channel.receive(echoSchema, 'echo answer', { timeoutMs: 20_000 })
  await channel.close()
  if (answer.text !== text) throw new Error(`the echo of "${text}" was "${answer.text}"`)
  return channel.transport
}
