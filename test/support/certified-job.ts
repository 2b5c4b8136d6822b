// A small job taken through the whole ceremony in memory: two honest nodes compute, commit, close, reveal and sight; the coordinator
// certifies and logs. Every signature and digest is real.
import { type DrawRecord } from '#verify/draw-record.ts'
import { drawCheckers, drawSeed } from '#verify/draw.ts'
import { type SecretChain, chainOf, secretOf } from '#verify/epoch-secret.ts'
import { type Roster, rosterRoot } from '#verify/roster.ts'
import { type ByteSource, bytesSource } from '#core/byte-source.ts'
import { concat } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import type { Digest } from '#core/digest.ts'
import { type ContentLayout, type ContentRef, contentId, partCount } from '#core/content.ts'
import { type PublicKey, type Signer, signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT, leafDigest, merkleRoot } from '#core/merkle.ts'
import { type Random, seededRandom } from '#core/random.ts'
import { type Checkpoint, type SigningContext, signMessage } from '#core/signed.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { type LogEntry, type Payment, admissionEntry, entryLeaf, receiptEntry } from '#ledger/entry.ts'
import { type Genesis, networkId } from '#ledger/genesis.ts'
import { JOB_CERTIFICATE_FORMAT, type JobCertificate } from '#ledger/job-certificate.ts'
import { inclusionPath } from '#ledger/log-tree.ts'
import { priceAtto, rewardAtto } from '#ledger/price.ts'
import { referenceModels } from '#model/model-cache.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { type MatrixData, type MatrixLayout, allocateMatrix, readTileBytes } from '#tensor/tiles.ts'
import { CERTIFICATE_TYPE, type Certificate, type Replica } from '#verify/certificate.ts'
import { type Evidence, openingNonce, openingOf, signClose, signCommitment, signReveal } from '#verify/commit.ts'
import { possessionKey } from '#verify/commitment.ts'
import { assuranceOf, transportOf } from '#verify/quorum.ts'
import { SIGHTING_TYPE } from '#verify/reveal.ts'
import { closeId } from '#verify/close.ts'
import { JOB_TYPE, type Job, type JobBody, jobId } from '#work/job.ts'
import { type Kind, type UnitInputs, inputsFrom, partKey } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { LEASE_TYPE, type Lease, leaseId } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { MemoryLog } from './log-nodes.ts'

/** A content with its parts and their leaves. */
export type HeldContent = {
  readonly ref: ContentRef
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
  readonly leaves: readonly Digest[]
}

/** A network in memory: keys, log and what signed messages of the moment carry. */
export type TestNetwork = {
  readonly random: Random
  readonly genesis: Genesis
  readonly coordinator: Signer
  readonly requester: Signer
  readonly nodes: readonly Signer[]
  readonly context: SigningContext
}

/** A job that was certified, with everything it came from. */
export type CertifiedJob = {
  readonly network: TestNetwork
  readonly certificate: JobCertificate
  readonly inputs: readonly HeldContent[]
  readonly result: readonly Uint8Array<ArrayBuffer>[]
}

/** A network whose every key comes from `seed`. */
export function createTestNetwork(seed: string, nodes = 3): TestNetwork {
  const random = seededRandom(seed)
  const newSigner = (): Signer => signerFromSecret(random.bytes(32))
  const coordinator = newSigner()
  const genesis = { name: 'test', coordinator: coordinator.publicKey, nonce: openingNonce(random) }
  const context = { network: networkId(genesis), checkpoint: { size: 0, root: EMPTY_ROOT } }
  const requester = newSigner()
  return {
    random,
    genesis,
    coordinator,
    requester,
    nodes: Array.from({ length: nodes }, newSigner),
    context,
  }
}

/** A row-major matrix as content. */
export function holdMatrix<T extends 'i8' | 'f32'>(data: MatrixData<T>, layout: MatrixLayout<T>): HeldContent {
  const content: ContentLayout = layout
  const parts = Array.from({ length: partCount(content) }, (_, index) => readTileBytes(data, layout, index))
  const leaves = parts.map((part) => leafDigest(part))
  return { ref: { id: contentId(content, leaves), layout }, parts, leaves }
}

/** A matrix of random int8, or of random f32 between -1 and 1. */
export function randomMatrix(random: Random, dtype: 'i8' | 'f32', rows: number, cols: number): HeldContent {
  const bytes = new Int8Array(random.bytes(rows * cols).buffer)
  if (dtype === 'i8') return holdMatrix<'i8'>(bytes, { form: 'matrix', dtype, rows, cols })
  const values = allocateMatrix('f32', rows * cols).map((_, at) => (bytes[at] ?? 0) / 128)
  return holdMatrix<'f32'>(values, { form: 'matrix', dtype, rows, cols })
}

/** The parts that a unit needs, from contents held in memory. */
export function inputsOf(kind: Kind, unit: Unit, contents: readonly HeldContent[]): UnitInputs {
  const parts = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { input, parts: numbers } of kind.needs(unit))
    for (const number of numbers) {
      const bytes = contents[input]?.parts[number]
      if (bytes !== undefined) parts.set(partKey(input, number), bytes)
    }
  const files = new Map<number, ByteSource>()
  for (const input of kind.files?.(unit) ?? []) {
    const held = contents[input]
    if (held !== undefined) files.set(input, bytesSource(concat(...held.parts)))
  }
  return inputsFrom(parts, files)
}

/** Draw epoch of a test network's leases. */
export const TEST_EPOCH = 7

/** Where a certified job's roster and chain of secrets are in the log: behind the genesis and the admission. */
const ROSTER_LEAF = 2
const LOG_SIZE_WHEN_LEASED = 4

/** The seed of a network's secrets, and the chain that the log commits to. */
export function testChain({ genesis }: Pick<TestNetwork, 'genesis'>): { seed: Digest; chain: SecretChain } {
  const seed = digestOf('test-chain', genesis)
  return { seed, chain: chainOf(seed, { first: 0, length: 16, periodMs: 1000 }) }
}

/** The roster on which those nodes are and nobody else. */
export function testRoster(nodes: readonly Signer[], unit: Pick<Unit, 'kind' | 'version'>): Roster {
  const entries = nodes.map(({ publicKey }) => ({
    node: publicKey,
    groups: [digestOf('test-group', publicKey)],
    kinds: [{ name: unit.kind, version: unit.version }],
    ratedMops: 1,
    stake: '0',
    auditPpm: 1_000_000,
  }))
  return entries.sort((a, b) => (a.node < b.node ? -1 : 1))
}

/** A lease of `unit` for a node. */
export function signLease(
  network: TestNetwork,
  unit: Unit,
  job: Digest,
  node: Signer,
  drawn: Pick<Lease['body'], 'role' | 'rosterRoot'> = { role: 'primary', rosterRoot: EMPTY_ROOT },
): Promise<Lease> {
  const context = { ...network.context, checkpoint: { ...network.context.checkpoint, size: LOG_SIZE_WHEN_LEASED } }
  return signMessage(network.coordinator, LEASE_TYPE, context, {
    unit: unitId(unit),
    job,
    admissionLeaf: 1,
    attempt: 1,
    node: node.publicKey,
    ...drawn,
    epoch: TEST_EPOCH,
    deadlineMs: 1_800_000_000_000,
  })
}

/** What one node does for a unit: `parts` as it claims them. */
export type Claimed = { readonly signer: Signer; readonly lease: Lease; readonly parts: readonly Uint8Array[] }

/** Part `index` of a unit's result by the portable reference. */
export async function recomputed(kind: Kind, unit: Unit, inputs: UnitInputs, index: number) {
  return kind.recompute(unit, inputs, index, referenceModels())
}

/** The possession tag of whoever has computed. */
export function honestTag(unit: Unit, inputs: UnitInputs): (lease: Lease) => Promise<Digest> {
  const kind = kindOf(unit.kind, unit.version)
  return async (lease) => kind.possession(unit, inputs, possessionKey(leaseId(lease)), referenceModels())
}

/** Takes claims on one unit from commitment to reveal. */
export async function evidenceOf(
  network: TestNetwork,
  unit: Unit,
  inputs: UnitInputs,
  claims: readonly Claimed[],
  tagOf: (lease: Lease) => Digest | Promise<Digest> = honestTag(unit, inputs),
): Promise<Evidence[]> {
  const committed = await Promise.all(
    claims.map(async ({ signer, lease, parts }) => {
      const opening = openingOf(lease, {
        root: merkleRoot(parts.map((part) => leafDigest(part))),
        tag: await tagOf(lease),
        nonce: openingNonce(network.random),
      })
      return { signer, lease, opening, commitment: await signCommitment(signer, network.context, opening) }
    }),
  )
  const at = { unit: unitId(unit), admissionLeaf: 1, attempt: 1, round: 1, epoch: 7 }
  const close = await signClose(network.coordinator, network.context, at, committed)
  return Promise.all(
    committed.map(async ({ signer, lease, opening, commitment }) => ({
      lease,
      commitment,
      close,
      reveal: await signReveal(signer, network.context, opening, close),
    })),
  )
}

/** Certifies a unit that the nodes computed; `lies` are what all of them together make of it. */
async function certifyUnit(
  network: TestNetwork,
  unit: Unit,
  job: Job,
  contents: readonly HeldContent[],
  lies: Lies,
): Promise<{ certificate: Certificate; parts: Uint8Array<ArrayBuffer>[] }> {
  const kind = kindOf(unit.kind, unit.version)
  const inputs = inputsOf(kind, unit, contents)
  const backend = await openCpuBackend()
  const parts = (await kind.run(unit, inputs, { backend, models: referenceModels() })).map((part, at) =>
    at === lies.wrongPart ? part.map((byte) => byte ^ 1) : part,
  )
  await backend.close()
  const signers = network.nodes.slice(0, lies.replicas ?? job.body.replication)
  const roster = testRoster(network.nodes.slice(0, lies.onRoster ?? signers.length), unit)
  const root = rosterRoot(roster)
  const claims = await Promise.all(
    signers.map(async (signer, at) => {
      const drawn = { role: at === 0 ? 'primary' : 'checker', rosterRoot: root } as const
      return { signer, lease: await signLease(network, unit, jobId(job), signer, drawn), parts }
    }),
  )
  const tagOf = lies.hasWrongTags === true ? (): Digest => EMPTY_ROOT : honestTag(unit, inputs)
  const evidence = await evidenceOf(network, unit, inputs, claims, tagOf)
  const replicas = await Promise.all(signers.map((signer, at) => sight(network, signer, evidence, at)))
  const leaves = parts.map((part) => leafDigest(part))
  const certificate = await signMessage(network.coordinator, CERTIFICATE_TYPE, network.context, {
    unit,
    job: jobId(job),
    admissionLeaf: 1,
    attempt: 1,
    price: (lies.price ?? priceAtto(kind.operations(unit), replicas.length)).toString(),
    epoch: 0,
    root: merkleRoot(leaves),
    leaves,
    replicas,
    splits: [],
    draws: [testDraw(network, unit, jobId(job), signers, roster)],
    transport: transportOf(replicas),
    finishReason: 'complete' as const,
    auditPpm: 1_000_000,
    audit: null,
    assurance: assuranceOf(kind.comparison(unit), replicas.length),
  })
  return { certificate, parts }
}

/** The first of `signers` chosen, the others drawn by the rules: or so it says, when there are more on the roster. */
function testDraw(
  network: TestNetwork,
  unit: Unit,
  job: Digest,
  signers: readonly Signer[],
  roster: Roster,
): DrawRecord {
  const [first] = signers
  const at = { attempt: 1, rosterRoot: rosterRoot(roster), epoch: TEST_EPOCH }
  const { seed, chain } = testChain(network)
  const secret = secretOf(seed, chain, TEST_EPOCH)
  const drawn = drawCheckers(
    drawSeed({ network: network.context.network, unit: unitId(unit), admissionLeaf: 1, job, secret, ...at }),
    roster,
    {
      kind: { name: unit.kind, version: unit.version },
      count: roster.length,
      related: roster.filter(({ node }) => node === first?.publicKey),
      needsMature: true,
    },
  )
  const primary = first?.publicKey ?? null
  const isDone = (node: PublicKey) => signers.some(({ publicKey }) => publicKey === node)
  const nodes = drawn.map(({ node }) => node).filter(isDone)
  return { ...at, rosterLeaf: ROSTER_LEAF, primary, drawn: nodes, absent: [] }
}

async function sight(
  network: TestNetwork,
  signer: Signer,
  evidence: readonly Evidence[],
  at: number,
): Promise<Replica> {
  const own = evidence[at]
  if (own === undefined) throw new RangeError(`There is no replica ${at}.`)
  const seen = evidence
    .filter((other) => other !== own)
    .map(({ lease, reveal }) => ({
      node: lease.body.node,
      root: reveal.body.root,
      verdict: 'agrees' as const,
      transport: 'webrtc' as const,
    }))
  const body = { lease: leaseId(own.lease), close: closeId(own.close), seen }
  return { ...own, sighting: await signMessage(signer, SIGHTING_TYPE, network.context, body), delegation: null }
}

/** Runs a product of random matrices to its job certificate. */
export async function certifyMatmul(
  seed: string,
  { m, k, n, dtype = 'i8', replication = 2, maxPrice = 10n ** 20n, ...lies }: MatmulJob & Lies,
): Promise<CertifiedJob> {
  const network = createTestNetwork(seed)
  const inputs = [randomMatrix(network.random, dtype, m, k), randomMatrix(network.random, dtype, k, n)]
  const kind = kindOf('matmul', 1)
  const body: JobBody = {
    kind: kind.name,
    version: kind.version,
    params: {},
    inputs: inputs.map(({ ref }) => ref),
    replication,
    maxPrice: maxPrice.toString(),
    deadlineMs: 60_000,
    nonce: openingNonce(network.random),
  }
  const job = await signMessage(network.requester, JOB_TYPE, network.context, body)
  const units = []
  const leased = { ...network, context: { ...network.context, checkpoint: await leasedCheckpoint(network, job, lies) } }
  for (const unit of kind.split(body)) units.push({ unit, ...(await certifyUnit(leased, unit, job, inputs, lies)) })
  const layout = kind.jobLayout(body)
  const result: Uint8Array<ArrayBuffer>[] = Array.from({ length: partCount(layout) }, () => new Uint8Array(0))
  for (const { unit, parts } of units)
    for (const { unitPart, jobPart } of kind.placements(body, unit))
      result[jobPart] = parts[unitPart] ?? new Uint8Array(0)
  const ref = {
    id: contentId(
      layout,
      result.map((part) => leafDigest(part)),
    ),
    layout,
  }
  const certificates = units.map(({ certificate }) => certificate)
  return {
    network,
    inputs,
    result,
    certificate: await logJob(network, job, certificates, ref, { onRoster: lies.onRoster }),
  }
}

/** The log's first entries for a job: what is in it when its units are leased. */
export function openingEntries(network: TestNetwork, job: Job, escrow: bigint, nodes: Roster): LogEntry[] {
  return [
    { type: 'genesis', genesis: network.genesis },
    admissionEntry(job, saltOf(job), escrow),
    { type: 'roster', root: rosterRoot(nodes), size: nodes.length },
    { type: 'secret-chain', ...testChain(network).chain },
  ]
}

async function leasedCheckpoint(network: TestNetwork, job: Job, lies: Lies): Promise<Checkpoint> {
  const kind = kindOf(job.body.kind, job.body.version)
  const replicas = lies.replicas ?? job.body.replication
  const prices = kind.split(job.body).map((unit) => lies.price ?? priceAtto(kind.operations(unit), replicas))
  const escrow = prices.reduce((sum, price) => sum + price, 0n)
  const nodes = testRoster(network.nodes.slice(0, lies.onRoster ?? replicas), job.body)
  const entries = openingEntries(network, job, escrow, nodes)
  return { size: entries.length, root: await new MemoryLog().append(...entries.map((entry) => entryLeaf(entry))) }
}

function saltOf(job: Job): Digest {
  return digestOf('test-salt', jobId(job))
}

/** What colluding nodes agree on, a wrong part or tags they could not know, and what a coordinator certifies beside the rules. */
export type Lies = {
  readonly wrongPart?: number
  readonly hasWrongTags?: boolean
  /** Replicas that are certified, whatever the job asked for. */
  readonly replicas?: number
  readonly price?: bigint
  /** Nodes on the roster; those beyond the replicas are not drawn, whatever the rules say. */
  readonly onRoster?: number
}

/** Sizes and form of a job. */
export type MatmulJob = {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly dtype?: 'i8' | 'f32'
  readonly replication?: number
  readonly maxPrice?: bigint
}

/** How a coordinator may log otherwise than it should. */
export type Books = {
  readonly escrow?: bigint
  readonly onRoster?: number | undefined
  /** Entries in front; the genesis when omitted. */
  readonly before?: readonly LogEntry[]
  readonly areReceiptsFirst?: boolean
  readonly paymentsOf?: (certificate: Certificate) => Payment[]
  /** Who is said to have been audited; those of the certificate when omitted. */
  readonly audited?: readonly PublicKey[]
}

/** Writes genesis, admission and receipts to a log and joins everything to the job's certificate. */
export async function logJob(
  network: TestNetwork,
  job: Job,
  units: readonly Certificate[],
  result: ContentRef,
  books: Books = {},
): Promise<JobCertificate> {
  const salt = saltOf(job)
  const escrow = books.escrow ?? units.reduce((sum, { body }) => sum + BigInt(body.price), 0n)
  const paymentsOf = books.paymentsOf ?? honestPayments
  const admission = admissionEntry(job, salt, escrow)
  const receipts = units.map((certificate) => {
    const entry = receiptEntry(certificate, salt, paymentsOf(certificate))
    return { ...entry, audited: books.audited ?? entry.audited }
  })
  const before: readonly LogEntry[] = books.before ?? [{ type: 'genesis', genesis: network.genesis }]
  const nodes = testRoster(network.nodes.slice(0, books.onRoster ?? units[0]?.body.replicas.length), job.body)
  const roster = { type: 'roster', root: rosterRoot(nodes), size: nodes.length } as const
  const drawing = [admission, roster, { type: 'secret-chain', ...testChain(network).chain } as const]
  const own: readonly LogEntry[] =
    books.areReceiptsFirst === true ? [...receipts, ...drawing] : [...drawing, ...receipts]
  const entries = [...before, ...own]
  const log = new MemoryLog()
  const root = await log.append(...entries.map((entry) => entryLeaf(entry)))
  const size = entries.length
  const place = async (entry: LogEntry): Promise<{ index: number; path: Digest[] }> => {
    const index = entries.indexOf(entry)
    return { index, path: await inclusionPath(log, index, size) }
  }
  return {
    format: JOB_CERTIFICATE_FORMAT,
    genesis: network.genesis,
    job,
    units,
    result,
    admission: { ...(await place(admission)), entry: admission, salt },
    receipts: await Promise.all(receipts.map(async (entry) => Object.assign(await place(entry), { entry }))),
    repeated: [],
    rosters: [{ ...(await place(roster)), entry: roster, nodes }],
    checkpoint: await signCheckpoint(network.coordinator, network.context.network, { size, root }),
  }
}

/** The listed reward to every replica's node. */
export function honestPayments({ body }: Certificate): Payment[] {
  const operations = kindOf(body.unit.kind, body.unit.version).operations(body.unit)
  const amount = rewardAtto(operations).toString()
  return body.replicas.map(({ lease, delegation }) => ({
    node: lease.body.node,
    account: delegation?.body.payee ?? lease.body.node,
    amount,
  }))
}
