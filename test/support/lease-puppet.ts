// A node whose behaviour on a lease is a function of the test: admitted like any other, over a real connection, without WebRTC.
import { type Clock, systemClock } from '#core/clock.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { createNodePeer } from '#net/node-peer.ts'
import type { Delegation } from '#identity/delegation.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { sayHello } from '#net/protocols/hello/handler.ts'
import type { Hello, Welcome } from '#net/protocols/hello/messages.ts'
import { type NodeLease, type Offer, serveLeases } from '#net/protocols/lease/handler.ts'
import { fetchNetworkInfo } from '#node/network-info.ts'
import type { SelfTestAnswer } from '#work/self-test.ts'
import { answerByReference } from './self-test-answers.ts'
import type { SigningContext } from '#core/signed.ts'
import { KINDS } from '#work/kinds.ts'
import type { Digest } from '#core/digest.ts'

/** What a puppet does with a lease. */
export type LeaseScript = (offer: Offer, lease: NodeLease, puppet: Puppet) => Promise<void>

/** An admitted node of a test. */
export type Puppet = {
  readonly peer: ContributorPeer
  readonly signer: Signer
  readonly context: SigningContext
  readonly welcome: Welcome
  readonly hello: (answerTo?: (seed: Digest) => Promise<SelfTestAnswer>) => Promise<Welcome>
  readonly close: () => Promise<void>
}

/** Somebody who is connected, speaks the protocols, and has not said hello. */
export type Stranger = Pick<Puppet, 'peer' | 'signer' | 'context' | 'close'> & {
  readonly hello: (options?: HelloOptions) => Promise<Welcome>
}

/** What a hello says besides the usual. */
export type HelloOptions = {
  readonly answerTo?: (seed: Digest) => Promise<SelfTestAnswer>
  readonly delegation?: Delegation | null
  readonly site?: string | null
  readonly split?: Hello['split']
}

/** Connects to the network at `url` under a new key. */
export async function openStranger(url: string, clock: Clock = systemClock): Promise<Stranger> {
  const info = await fetchNetworkInfo(url, fetch, AbortSignal.timeout(30_000))
  const signer = signerFromSecret(systemRandom.bytes(32))
  const peer = await createNodePeer({ signer, coordinator: info.addresses, isWebRtcWanted: false, clock })
  const context: SigningContext = { network: info.network, checkpoint: info.checkpoint }
  const hello: Stranger['hello'] = async (options = {}) => {
    const { answerTo = answerByReference, delegation = null, site = null, split = null } = options
    return sayHello(
      peer,
      peer.coordinator,
      {
        delegation,
        payee: delegation?.body.payee ?? signer.publicKey,
        capabilities: {
          backend: 'cpu',
          adapter: 'puppet',
          isSoftware: true,
          maxMemoryBytes: 2 ** 28,
          kinds: KINDS.map(({ name, version }) => ({ name, version })),
        },
        site,
        split,
      },
      async ({ seed }) => ({ answer: await answerTo(seed), ratedMops: 1 }),
    )
  }
  return { peer, signer, context, hello, close: () => peer.close() }
}

/** Joins the network at `url` and serves leases by `script`. */
export async function openPuppet(url: string, script: LeaseScript, clock: Clock = systemClock): Promise<Puppet> {
  const stranger = await openStranger(url, clock)
  const { peer } = stranger
  const hello: Puppet['hello'] = (answerTo = answerByReference) => stranger.hello({ answerTo })
  let puppet: Puppet | undefined
  await serveLeases(peer, peer.coordinator, async (offer, lease) => {
    if (puppet !== undefined) await script(offer, lease, puppet)
  })
  // Admission may bring an offer at once, so the puppet is whole before.
  const whole = { ...stranger, welcome: { outcome: 'refused', reason: '' } as Welcome, hello }
  puppet = whole
  whole.welcome = await hello()
  return whole
}

/** Hears what the coordinator says until the stream ends; what it said. */
export async function hearAll(lease: NodeLease): Promise<Awaited<ReturnType<NodeLease['hear']>>[]> {
  const heard: Awaited<ReturnType<NodeLease['hear']>>[] = []
  for (;;) {
    const message = await lease.hear().catch(() => undefined)
    if (message === undefined) return heard
    heard.push(message)
  }
}
