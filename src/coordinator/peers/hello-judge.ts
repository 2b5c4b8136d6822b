// Who is admitted: a key that is not kept out, vouched for as it says, whose kernels give the reference's digest on a fresh challenge.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type ChainPolicy, type Tier, verifyDelegation } from '#identity/chain.ts'
import { isSplitAlive, isSplitOf, siteCommitment } from '#identity/split.ts'
import type { CoordinatorPeer } from '#net/coordinator-peer.ts'
import { peerIdOf } from '#net/peer-identity.ts'
import type { RemotePeer } from '#net/protocol.ts'
import type { HelloJudge } from '#net/protocols/hello/handler.ts'
import type { Challenge, Hello, SelfTest, Welcome } from '#net/protocols/hello/messages.ts'
import type { Kind } from '#work/kind.ts'
import { KINDS } from '#work/kinds.ts'
import type { KernelSet, failedKernels } from '#work/self-test.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNodes } from '#coordinator/live-nodes.ts'
import { logDelegation } from '#coordinator/node-entries.ts'
import { readAccount } from '#coordinator/store/accounts.ts'
import { readNode, upsertNode } from '#coordinator/store/nodes.ts'
import { publicAddress } from './public-address.ts'
import { RateLimiter } from '#coordinator/http/rate-limit.ts'

/** Hellos of one key: one after each change of backend or delegation, and a few in a row while a connection is bad. */
export const HELLO_LIMIT = { perSecond: 1 / 6, burst: 10 }

const TIERS: Readonly<Record<Tier, number>> = { T0: 0, T1: 1, T2: 2 }

/** What a judge is made of. `origins` are those of our own pages, where delegations are made. */
export type JudgeParts = {
  readonly grid: Grid
  readonly nodes: LiveNodes
  readonly peer: Pick<CoordinatorPeer, 'libp2p'>
  readonly origins: readonly string[]
  /** Judges answers to the self-test; {@link failedKernels} itself, or out of the way of other work. */
  readonly failed: typeof failedKernels
}

type Voucher = { readonly tier: number; readonly payee: PublicKey } | { readonly reason: string }

/** Judges hellos and admits nodes. */
export function helloJudge(parts: JudgeParts): HelloJudge {
  const { grid } = parts
  const limiter = new RateLimiter(HELLO_LIMIT, grid.clock)
  return {
    challenge: () => ({
      network: grid.network,
      checkpoint: grid.log.checkpoint,
      seed: toHex(grid.random.bytes(DIGEST_BYTES)) as Digest,
    }),
    async judge(hello, challenge, test, { publicKey }: RemotePeer) {
      limiter.take(publicKey)
      const reason = await keptOut(parts, publicKey)
      if (reason !== null) return refuse(reason)
      const voucher = await vouch(parts, hello, publicKey)
      if ('reason' in voucher) return refuse(voucher.reason)
      const problem = splitProblem(grid, hello, publicKey)
      if (problem !== null) return refuse(problem)
      const fitness = await assess(parts, hello, challenge, test)
      if ('reason' in fitness) return refuse(fitness.reason)
      const capabilities = { ...hello.capabilities, kinds: fitness.kinds }
      const welcome = await admit(parts, { ...hello, capabilities }, test, publicKey, voucher)
      return welcome.outcome === 'admitted' && fitness.withheld !== ''
        ? { ...welcome, withheld: fitness.withheld }
        : welcome
    },
  }
}

async function keptOut({ grid }: JudgeParts, node: PublicKey): Promise<string | null> {
  const known = await readNode(grid.store.db, node)
  if (known === null || known.bannedUntilMs <= grid.clock.nowMs()) return null
  return `This key gave ${known.faults} wrong results and is kept out until ${new Date(known.bannedUntilMs).toISOString()}.`
}

async function vouch({ grid, origins }: JudgeParts, hello: Hello, node: PublicKey): Promise<Voucher> {
  // Nobody else has said who is to be paid, so a certificate could not show that the right one was.
  if (hello.delegation === null)
    return hello.payee === node
      ? { tier: 0, payee: node }
      : { reason: 'Without a delegation a node is paid itself, and the hello names another payee.' }
  const policy: ChainPolicy = {
    network: grid.network,
    rpId: hello.delegation.body.rpId,
    origins,
    topOrigins: 'any',
  }
  if (!origins.some((origin) => new URL(origin).hostname === policy.rpId))
    return { reason: `The delegation is for relying party ${policy.rpId.slice(0, 100)}, which is not ours.` }
  const verdict = await verifyDelegation(hello.delegation, node, policy, grid.clock.nowMs())
  if (!verdict.ok) return { reason: verdict.reason }
  if (verdict.payee !== hello.payee) return { reason: 'The delegation names another payee than the hello.' }
  return { tier: TIERS[verdict.tier], payee: verdict.payee }
}

/** Why the site's share does not count; null where it does, or there is none. */
function splitProblem({ network, clock }: Grid, { site, split: given }: Hello, node: PublicKey): string | null {
  if (given === null) return null
  const { split, salt } = given
  if (!isSplitOf(split, node, network)) return 'The split of its credit is not signed by it, or lives too long.'
  if (!isSplitAlive(split, clock.nowMs())) return 'The split of its credit has ended, or not begun.'
  if (site === null || !isOrigin(site) || split.body.site !== siteCommitment(site, salt))
    return 'The split of its credit is for another site than the hello.'
  return null
}

function isOrigin(site: string): boolean {
  return URL.canParse(site) && new URL(site).origin === site
}

type Fitness =
  | { readonly kinds: Hello['capabilities']['kinds']; readonly withheld: string }
  | { readonly reason: string }

/** The kinds whose kernels passed. A node whose kernels fail in part is given work of the other kinds. */
async function assess({ failed }: JudgeParts, hello: Hello, { seed }: Challenge, test: SelfTest): Promise<Fitness> {
  const { backend } = hello.capabilities
  const known = hello.capabilities.kinds.flatMap((offered) => KINDS.filter((kind) => isOffered(kind, offered)))
  if (known.length === 0) return { reason: 'It knows no kind of work that there is here: it needs another version.' }
  const wrong = await failed(seed, kernelsOf(known), test.answer)
  const kinds = known.filter(({ kernels }) => !wrong.includes(kernels))
  if (kinds.length === 0)
    return { reason: `Its ${backend} kernels gave a wrong result in the self-test: the driver may be broken.` }
  const names = known.filter((kind) => !kinds.includes(kind)).map(({ name }) => name)
  const withheld =
    names.length === 0
      ? ''
      : `Its kernels for ${names.join(', ')} gave a wrong result in the self-test: it gets no such work.`
  return { kinds: kinds.map(({ name, version }) => ({ name, version })), withheld }
}

function isOffered(kind: Kind, offered: { readonly name: string; readonly version: number }): boolean {
  return kind.name === offered.name && kind.version === offered.version
}

function kernelsOf(kinds: readonly Kind[]): KernelSet[] {
  return [...new Set(kinds.map(({ kernels }) => kernels))]
}

async function admit(
  { grid, nodes, peer }: JudgeParts,
  hello: Hello,
  { ratedMops }: SelfTest,
  node: PublicKey,
  { tier, payee }: Exclude<Voucher, { reason: string }>,
): Promise<Welcome> {
  const { backend, adapter } = hello.capabilities
  const nowMs = grid.clock.nowMs()
  await upsertNode(grid.store.db, { node, payee, tier, backend, adapter, ratedMops, seenMs: nowMs })
  if (hello.delegation !== null) await logDelegation(grid, hello.delegation, tier)
  const { balance, pending } = await readAccount(grid.store.db, payee)
  const [connection] = peer.libp2p.getConnections(peerIdOf(node))
  if (connection === undefined) return refuse('It went away while it was admitted.')
  nodes.admit({
    node,
    payee,
    tier,
    ratedMops,
    delegation: hello.delegation,
    site: hello.site,
    split: hello.split?.split ?? null,
    capabilities: hello.capabilities,
    since: nowMs,
    address: grid.config.separatesAddresses ? publicAddress(connection.remoteAddr.toString()) : null,
    leases: 0,
    computing: 0,
    coolUntilMs: 0,
    declines: 0,
    lastBeatMs: null,
    state: 'idle',
  })
  return { outcome: 'admitted', tier, balance: balance.toString(), pending: pending.toString() }
}

function refuse(reason: string): Welcome {
  return { outcome: 'refused', reason: reason.slice(0, 300) }
}
