// Both sides of the hello protocol. Who is admitted is decided by whoever serves it.
import type { PublicKey } from '#core/ed25519.ts'
import type { Peer, PeerTarget } from '#net/peer.ts'
import { type RemotePeer, handleProtocol, openChannel } from '#net/protocol.ts'
import { HELLO_ANSWER_TIMEOUT_MS, HELLO_PROTOCOL, SELF_TEST_TIMEOUT_MS } from './constants.ts'
import {
  type Challenge,
  type Hello,
  type SelfTest,
  type Welcome,
  challengeSchema,
  helloSchema,
  selfTestSchema,
  welcomeSchema,
} from './messages.ts'

/** How the coordinator answers a hello. */
export interface HelloJudge {
  /** A fresh challenge. */
  challenge(): Challenge
  /** The verdict on a node that answered it. */
  judge(hello: Hello, challenge: Challenge, test: SelfTest, remote: RemotePeer): Promise<Welcome>
}

/** Introduces this node to its coordinator; `runSelfTest` answers the challenge. Throws when the coordinator cannot be reached. */
export async function sayHello(
  peer: Peer,
  coordinator: PeerTarget,
  hello: Hello,
  runSelfTest: (challenge: Challenge, signal: AbortSignal) => Promise<SelfTest>,
  signal?: AbortSignal,
): Promise<Welcome> {
  const channel = await openChannel(peer, coordinator, HELLO_PROTOCOL, { signal })
  try {
    const options = { signal, timeoutMs: HELLO_ANSWER_TIMEOUT_MS }
    await channel.send(hello, options)
    const challenge = await channel.receive(challengeSchema, 'challenge', options)
    const limit = signal === undefined ? channel.ended : AbortSignal.any([signal, channel.ended])
    await channel.send(await runSelfTest(challenge, limit), options)
    return await channel.receive(welcomeSchema, 'welcome', options)
  } finally {
    void channel.close()
  }
}

/** Answers hellos as `judge` says; returns the end of it. Errors of single hellos reach `onError`. */
export function serveHellos(
  peer: Peer,
  judge: HelloJudge,
  onError?: (error: unknown, remote: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(
    peer,
    HELLO_PROTOCOL,
    async (channel, remote) => {
      const hello = await channel.receive(helloSchema, 'hello', { timeoutMs: HELLO_ANSWER_TIMEOUT_MS })
      const challenge = judge.challenge()
      await channel.send(challenge)
      const test = await channel.receive(selfTestSchema, 'self-test', { timeoutMs: SELF_TEST_TIMEOUT_MS })
      await channel.send(await judge.judge(hello, challenge, test, remote))
    },
    onError,
  )
}
