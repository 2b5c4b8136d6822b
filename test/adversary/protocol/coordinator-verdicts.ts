// What requesters and nodes make of a coordinator that lies: whether they believe it, what they call it, and what they keep that convicts it.
import { decodeJobCertificate } from '#ledger/job-certificate.ts'
import { CertificateRefusedError } from '#sdk/run.ts'
import type { CertificateBody } from '#verify/certificate.ts'
import { unitId } from '#work/unit.ts'
import { until } from '../../support/live-grid.ts'
import type { ArenaNode } from './arena-nodes.ts'
import type { Arena, ArenaJob } from './arena.ts'

/** Says what became of one job, which it runs. */
export type Judge = (run: () => Promise<ArenaJob>) => Promise<{ readonly what: string; readonly isForged: boolean }>

/** Draws can be checked when the epoch is over, which is soon in these grids. */
const DRAW_WAIT_MS = 30_000

/** What the requester and the replicas make of the draw, once it can be checked. */
export async function drawVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const { client } = arena
  const before = seenBy(arena)
  const done = await run().catch(refusalOf)
  const refused = 'check' in done ? done : await refusalInTime(arena, done)
  if (refused === undefined) return { what: 'believed', isForged: !('check' in done) && !done.isRight }
  const replicas = honestReplicas(arena, unitOf(refused.certificate))
  const kept = await Promise.all(replicas.map((node) => keptSince(arena, before, node)))
  // What the requester has and what each replica has kept convict by themselves: somebody else checks them.
  const documents = [...kept.flat(), ...(refused.document === undefined ? [] : [refused.document])]
  const proofs = await Promise.all(documents.map((document) => client.verifyFault(document)))
  const isProven = kept.length > 0 && refused.document !== undefined && proofs.every(({ verdict }) => verdict.ok)
  return { what: isProven ? 'convicted by `false-draw`' : refusedBy(refused.check), isForged: false }
}

/** `certificate` is what was refused: whoever has it can check it again. */
type Refusal = {
  readonly check: string
  readonly certificate: Uint8Array<ArrayBuffer>
  readonly document: Uint8Array<ArrayBuffer> | undefined
}

/** What the requester says of a certificate when its draws can be made again. */
async function refusalInTime({ client }: Arena, { certificateBytes }: ArenaJob): Promise<Refusal | undefined> {
  const { verdict, evidence } = await client.verify(certificateBytes, { drawWaitMs: DRAW_WAIT_MS })
  return verdict.ok ? undefined : { check: verdict.check, certificate: certificateBytes, document: evidence }
}

/** How many cases each honest node kept before a job, and the last unit that it had. */
type Before = ReadonlyMap<ArenaNode, { readonly cases: number; readonly unit: string | undefined }>

function seenBy({ honest }: Arena): Before {
  return new Map(honest.map((node) => [node, { cases: node.state.evidence.length, unit: node.state.units[0]?.unit }]))
}

/** The one unit of a certificate. */
function unitOf(certificate: Uint8Array<ArrayBuffer>): CertificateBody {
  const [unit] = decodeJobCertificate(certificate).units
  if (unit === undefined) throw new Error('The job has no unit.')
  return unit.body
}

/** The honest ones among those who computed a unit: an auditor is paid too, and checks no draw. */
function honestReplicas({ honest }: Arena, { replicas }: CertificateBody): readonly ArenaNode[] {
  const keys = replicas.map(({ lease }) => lease.body.node)
  return honest.filter(({ state: { node } }) => node !== null && keys.includes(node))
}

/** The documents that `node` has written since, as soon as there is one. */
async function keptSince(arena: Arena, before: Before, node: ArenaNode): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const known = before.get(node)?.cases ?? 0
  await until(node, () => node.state.evidence.length > known)
  return (await arena.evidenceOf(node)).slice(known)
}

/** The requester refuses the certificate, and each replica keeps proof that what it was promised is not there. */
export async function receiptVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const before = seenBy(arena)
  const refused = await refusal(run)
  const replicas = arena.honest.filter((node) => node.state.units[0]?.unit !== before.get(node)?.unit)
  // Whoever was a replica looks when the draw of its unit can be checked.
  const kept = await Promise.all(
    replicas.map(async (node) => {
      await until(node, () => (node.state.units[0]?.finishedMs ?? null) !== null)
      return node.state.units[0]?.outcome === 'agreed' ? keptSince(arena, before, node) : []
    }),
  )
  const proofs = await Promise.all(kept.flat().map((document) => arena.client.verifyFault(document)))
  const isProven = proofs.length > 0 && proofs.every(({ verdict }) => verdict.ok)
  return isProven ? { ...refused, what: `${refused.what}, and convicted by \`false-receipt\`` } : refused
}

/** What the requester makes of what it is given. */
async function refusal(run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const done = await run().catch(refusalOf)
  return 'check' in done
    ? { what: refusedBy(done.check), isForged: false }
    : { what: 'believed', isForged: !done.isRight }
}

/** What the requester and the replicas make of splits that no node signed: what is refused is kept, and refused by whoever checks it. */
export async function splitVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const done = await run().catch(refusalOf)
  const bytes = 'check' in done ? done.certificate : done.certificateBytes
  const areUnpaid = await findUnpaid(arena, unitOf(bytes))
  if (!('check' in done))
    return { what: areUnpaid ? 'unpaid for its nodes, who alone can see it' : 'believed', isForged: !done.isRight }
  const { verdict } = await arena.client.verify(bytes)
  const isKept = !verdict.ok && verdict.check === done.check
  return {
    what: isKept && areUnpaid ? `${refusedBy(done.check)}, and unpaid for its nodes` : 'believed',
    isForged: false,
  }
}

/** Whether every honest replica of a unit counts it as unpaid. */
async function findUnpaid(arena: Arena, body: CertificateBody): Promise<boolean> {
  const id = unitId(body.unit)
  const replicas = honestReplicas(arena, body)
  const outcomes = replicas.map(async (node) => {
    const own = () => node.state.units.find(({ unit }) => unit === id)
    await until(node, () => (own()?.finishedMs ?? null) !== null)
    return own()?.outcome
  })
  return replicas.length > 0 && (await Promise.all(outcomes)).every((outcome) => outcome === 'rejected')
}

function refusedBy(check: string): string {
  return `certificate refused by its check \`${check}\``
}

/** What the client says of a certificate that it does not take. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof CertificateRefusedError)) throw error
  return { check: /the check "([a-z-]+)"/.exec(error.message)?.[1] ?? '', ...error.evidence }
}
