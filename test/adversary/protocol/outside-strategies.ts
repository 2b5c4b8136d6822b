// Those who attack without computing: forged delegations, floods, a requester that denies what it was given.
import { digestOf } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import { systemRandom } from '#core/random.ts'
import { DEVICE_BOUND_FLAGS, createSoftwareCredential } from '../../../src/identity/authenticator.fixture.ts'
import { type Delegation, type DelegationRequest, delegate } from '#identity/delegation.ts'
import { type JobCertificate, encodeJobCertificate } from '#ledger/job-certificate.ts'
import { accuse } from '#net/protocols/accuse/handler.ts'
import { sendCommitment } from '#net/protocols/commit/handler.ts'
import { HELLO_PROTOCOL } from '#net/protocols/hello/constants.ts'
import { encodeFaultProof, makeFaultProof } from '#verify/fault-proof.ts'
import { kindOf } from '#work/kinds.ts'
import { holdMatrix, inputsOf } from '../../support/certified-job.ts'
import { type Stranger, openStranger } from '../../support/lease-puppet.ts'
import type { Arena, ArenaJob } from './arena.ts'
import { FORGED_SPLITS } from './forged-splits.ts'
import { type ProtocolOutcome, attemptsOf, profitPermille } from './outcome.ts'

/** Somebody who is no node. `pays` says whether it is a requester, whose profit is what it did not pay. */
export type OutsideStrategy = {
  readonly name: string
  readonly tries: string
  readonly attempts: number
  readonly pays: boolean
  /** One of several ways, in turn; the name of what became of it. `job` runs meanwhile, or is what it is about. */
  readonly ways: readonly ((arena: Arena, job: Promise<ArenaJob>) => Promise<string>)[]
}

const DAY_MS = 86_400_000

/** Messages of a flood: more than anybody has to say at once. */
const FLOOD = 48

/** Every strategy of outsiders, in the order of the table. */
export const OUTSIDE_STRATEGIES: readonly OutsideStrategy[] = [
  {
    name: 'forger of delegations',
    tries: 'says hello with a delegation that is stolen, changed, out of date or made elsewhere',
    attempts: 10,
    pays: false,
    ways: [
      ...forgedBodies().map(
        (change) => (arena: Arena) => helloWith(arena, async (thief, stolen) => change(thief, stolen)),
      ),
      ...forgedRequests().map(
        (change) => (arena: Arena) => helloWith(arena, async (thief) => ownDelegation(arena, thief, change)),
      ),
    ],
  },
  {
    name: 'site that claims more than was signed',
    tries: 'says hello with a split that is stolen, changed, out of date, of another network or for another site',
    attempts: 10,
    pays: false,
    ways: FORGED_SPLITS,
  },
  {
    name: 'flooder',
    tries: 'sends accusations, hellos, other nodes’ commitments and oversized frames as fast as it can',
    attempts: 4,
    pays: false,
    ways: [floodAccusations, floodHellos, floodCommitments, floodBytes],
  },
  {
    name: 'requester that denies a good result',
    tries: 'cancels the job when it is done, shows a changed certificate, accuses a replica of a wrong part',
    attempts: 3,
    pays: true,
    ways: [cancelDone, showChanged, accuseReplica],
  },
]

/** Lets one of them loose. An honest job runs beside each attempt. */
export async function attackFromOutside(arena: Arena, strategy: OutsideStrategy): Promise<ProtocolOutcome> {
  const { name, tries, ways, pays } = strategy
  const before = arena.consequences.length
  const happened: Record<string, number> = {}
  const wanted = attemptsOf(strategy.attempts)
  let [accepted, worth, gained] = [0, 0n, 0n]
  for (let at = 0; at < wanted; at++) {
    arena.clock.skip(60_000)
    const running = arena.job(2)
    running.catch(() => undefined)
    const what = await ways[at % ways.length]?.(arena, running)
    const job = await running
    if (!job.isRight) accepted++
    worth += job.reward
    if (pays && !(await isPaid(arena, job))) gained += job.reward
    happened[what ?? ''] = (happened[what ?? ''] ?? 0) + 1
  }
  const profit = pays ? Number((gained * 1000n) / worth) : profitPermille(0n, worth, 0)
  const honestPunished = arena.honestPunished(before)
  return { strategy: name, tries, attempts: wanted, happened, accepted, profitPermille: profit, honestPunished }
}

/** Whether every replica was paid what the list says, by the log. */
async function isPaid({ grid }: Arena, { certificate, reward }: ArenaJob): Promise<boolean> {
  const receipts = (await grid.entries(certificate.admission.index)).filter((entry) => entry.type === 'receipt')
  const paid = receipts.flatMap(({ payments }) => payments).reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return paid === reward * 2n
}

type Change = (thief: Stranger, stolen: Delegation) => Delegation

/** Forgeries of somebody else's delegation. */
function forgedBodies(): readonly Change[] {
  const altered =
    (change: (thief: Stranger) => Partial<Delegation['body']>): Change =>
    (thief, stolen) => ({ ...stolen, body: { ...stolen.body, ...change(thief) } })
  return [
    (_thief, stolen) => stolen,
    altered(({ signer }) => ({ sessionKey: signer.publicKey })),
    altered(({ signer }) => ({ sessionKey: signer.publicKey, payee: signer.publicKey })),
    (thief, stolen) => {
      const body = { ...stolen.body, sessionKey: thief.signer.publicKey }
      const clientData = JSON.stringify({
        type: 'webauthn.get',
        challenge: digestOf('delegation', body),
        origin: body.origin,
      })
      const clientDataJSON = Buffer.from(clientData).toString('base64url')
      return { ...stolen, body, assertion: { ...stolen.assertion, clientDataJSON } }
    },
  ]
}

type RequestChange = {
  readonly request?: Partial<DelegationRequest>
  readonly atMs?: (nowMs: number) => number
  readonly origin?: string
  readonly flags?: number
}

/** Delegations by a credential of the forger's own that are not what the coordinator takes. */
function forgedRequests(): readonly RequestChange[] {
  const elsewhere = 'https://elsewhere.example'
  return [
    { atMs: (nowMs) => nowMs - 2 * DAY_MS },
    { atMs: (nowMs) => nowMs + DAY_MS },
    { request: { scope: 'payout' } },
    { request: { origin: elsewhere }, origin: elsewhere },
    { origin: elsewhere },
    { flags: 0 },
  ]
}

async function ownDelegation(
  { grid, clock }: Arena,
  { signer, context }: Pick<Stranger, 'signer' | 'context'>,
  { request, atMs = (nowMs) => nowMs, origin = grid.url, flags = DEVICE_BOUND_FLAGS }: RequestChange = {},
): Promise<Delegation> {
  const device = await createSoftwareCredential({ origin, flags })
  const usual = { context, sessionKey: signer.publicKey, rpId: 'localhost', origin: grid.url }
  return delegate(device, { ...usual, ...request }, atMs(clock.nowMs()), systemRandom)
}

/** What a coordinator says to a hello with a forged delegation, when it takes the one that was to be forged. */
async function helloWith(
  arena: Arena,
  forge: (thief: Stranger, stolen: Delegation) => Promise<Delegation>,
): Promise<string> {
  const [victim, thief] = [
    await openStranger(arena.grid.url, arena.clock),
    await openStranger(arena.grid.url, arena.clock),
  ]
  try {
    const stolen = await ownDelegation(arena, victim)
    const welcome = await thief.hello({ delegation: await forge(thief, stolen) })
    const genuine = await victim.hello({ delegation: stolen })
    if (genuine.outcome !== 'admitted') throw new Error(`A genuine delegation was refused: ${genuine.reason}`)
    return welcome.outcome
  } finally {
    await Promise.all([victim.close(), thief.close()])
  }
}

/** Sends a flood, and says whether most of it was refused. */
async function flood(arena: Arena, send: (stranger: Stranger) => Promise<unknown>): Promise<string> {
  const stranger = await openStranger(arena.grid.url, arena.clock)
  try {
    const sent = await Promise.allSettled(Array.from({ length: FLOOD }, () => send(stranger)))
    const refused = sent.filter(({ status }) => status === 'rejected').length
    return refused > FLOOD / 2 ? 'limited' : 'let through'
  } finally {
    await stranger.close()
  }
}

async function floodAccusations(arena: Arena): Promise<string> {
  const [replica] = (await arena.job(2)).certificate.units[0]?.body.replicas ?? []
  if (replica === undefined) throw new Error('The unit has no replica.')
  const accusation = { lease: replica.lease, commitments: [replica.commitment] }
  return flood(arena, ({ peer }) => accuse(peer, peer.coordinator, accusation))
}

/** Its answers to the self-test are right, so each costs the coordinator as much as an honest one. */
function floodHellos(arena: Arena): Promise<string> {
  return flood(arena, ({ hello }) => hello())
}

/** Other nodes' commitments under their own leases, as every certificate holds them. */
async function floodCommitments(arena: Arena): Promise<string> {
  const [replica] = (await arena.job(2)).certificate.units[0]?.body.replicas ?? []
  const [target] = arena.honestKeys
  if (replica === undefined || target === undefined) throw new Error('There is nobody to flood.')
  const { lease, commitment } = replica
  return flood(arena, ({ peer }) => sendCommitment(peer, target, { lease, commitment }))
}

/** Frames that claim to be longer than any message. */
function floodBytes(arena: Arena): Promise<string> {
  return flood(arena, async ({ peer }) => {
    const connection = await peer.connect(peer.coordinator)
    const stream = await connection.newStream(HELLO_PROTOCOL.id)
    const ended = new Promise<never>((_resolve, reject) => {
      stream.addEventListener('close', () => reject(new Error('The stream was cut.')), { once: true })
    })
    stream.send(new Uint8Array(2 * HELLO_PROTOCOL.bounds.maxMessageBytes).fill(255))
    await ended
  })
}

async function cancelDone({ client }: Arena, running: Promise<ArenaJob>): Promise<string> {
  const { id } = await running
  await client.cancel(id).catch(() => undefined)
  return (await client.job(id)).state === 'done' ? 'stays done and paid' : 'undone'
}

/** What the requester shows around is its certificate with another result in it. */
async function showChanged({ client }: Arena, running: Promise<ArenaJob>): Promise<string> {
  const { certificate } = await running
  const leaf = leafDigest(new Uint8Array(1))
  const units = certificate.units.map((unit) => ({ ...unit, body: { ...unit.body, leaves: [leaf] } }))
  const changed: JobCertificate = { ...certificate, units }
  const { verdict } = await client.verify(encodeJobCertificate(changed))
  return verdict.ok ? 'believed' : 'refused by whoever checks'
}

/** A fault proof that says another part should have been there. */
async function accuseReplica({ client }: Arena, running: Promise<ArenaJob>): Promise<string> {
  const { certificate, inputs } = await running
  const [unit] = certificate.units
  const [replica] = unit?.body.replicas ?? []
  if (unit === undefined || replica === undefined) throw new Error('The unit has no replica.')
  const kind = kindOf('matmul', 1)
  const held = inputs.map(({ data, rows, cols }) =>
    holdMatrix<'i8'>(data as Int8Array<ArrayBuffer>, { form: 'matrix', dtype: 'i8', rows, cols }),
  )
  const { lease, commitment, close, reveal } = replica
  const proof = makeFaultProof({
    kind,
    unit: unit.body.unit,
    evidence: { lease, commitment, close, reveal },
    leaves: unit.body.leaves,
    part: 0,
    expected: leafDigest(new Uint8Array(1)),
    inputs: inputsOf(kind, unit.body.unit, held),
    inputLeaves: held.map(({ leaves }) => leaves),
  })
  const { verdict } = await client.verifyFault(encodeFaultProof(proof))
  return verdict.ok ? 'believed' : 'refused by whoever checks'
}
