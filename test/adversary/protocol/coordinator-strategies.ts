// Coordinators that lie, and who notices. All of them are the product's own with one method replaced; nodes and requesters are as they are.
import { EMPTY_ROOT } from '#core/merkle.ts'
import { CertificateRefusedError } from '#sdk/run.ts'
import { until } from '../../support/live-grid.ts'
import { type Repent, inventChecker, overlook, pickCheckers, replaceReceipts } from '../../support/lying-coordinator.ts'
import type { ArenaNode } from './arena-nodes.ts'
import type { Arena, ArenaJob } from './arena.ts'
import { type ProtocolOutcome, attemptsOf } from './outcome.ts'

/** A way to lie. */
export type CoordinatorStrategy = {
  readonly name: string
  readonly tries: string
  readonly attempts: number
  /** Begins to lie; `judge` says what became of one job. */
  readonly begin: (arena: Arena) => Promise<{ readonly repent: Repent; readonly judge: Judge }>
}

type Judge = (run: () => Promise<ArenaJob>) => Promise<{ readonly what: string; readonly isForged: boolean }>

/** Draws can be checked when the epoch is over, which is soon in these grids. */
const DRAW_WAIT_MS = 30_000

/** Every strategy of coordinators, in the order of the table. */
export const COORDINATOR_STRATEGIES: readonly CoordinatorStrategy[] = [
  {
    name: 'coordinator that picks replicas',
    tries: 'has results checked by nodes that the rules did not draw',
    attempts: 2,
    begin: async (arena) => ({ repent: pickCheckers(), judge: (run) => drawVerdict(arena, run) }),
  },
  {
    name: 'coordinator that invents a node',
    tries: 'has results checked by a node of its own that is on no roster',
    attempts: 2,
    begin: async (arena) => {
      const own = await arena.node()
      const invented = arena.liveNode(own)
      const repents = [overlook([invented.node]), inventChecker(invented), () => void own.stop()]
      const repent = () => repents.forEach((each) => each())
      return { repent, judge: (run) => drawVerdict(arena, run) }
    },
  },
  {
    name: 'coordinator that drops receipts',
    tries: 'pays in its books, and logs something else in the receipt’s place',
    attempts: 2,
    begin: async (arena) => {
      const repent = replaceReceipts(() => ({ type: 'roster', root: EMPTY_ROOT, size: 0 }))
      return { repent, judge: (run) => receiptVerdict(arena, run) }
    },
  },
  {
    name: 'coordinator that pays itself',
    tries: 'logs receipts that name another payee than the replicas',
    attempts: 2,
    begin: async ({ client }) => {
      const thief = client.network.genesis.coordinator
      const repent = replaceReceipts((receipt) => ({
        ...receipt,
        payments: receipt.payments.map((payment) => ({ ...payment, account: thief })),
      }))
      return { repent, judge: refusal }
    },
  },
]

/** Lets one of them lie, `short` times in the short form. */
export async function attackAsCoordinator(
  arena: Arena,
  strategy: CoordinatorStrategy,
  short: number = strategy.attempts,
): Promise<ProtocolOutcome> {
  const { name, tries } = strategy
  const before = arena.consequences.length
  const happened: Record<string, number> = {}
  const attempts = attemptsOf(short)
  let accepted = 0
  const { repent, judge } = await strategy.begin(arena)
  try {
    for (let at = 0; at < attempts; at++) {
      const { what, isForged } = await judge(() => arena.job(2))
      happened[what] = (happened[what] ?? 0) + 1
      if (isForged) accepted++
    }
  } finally {
    repent()
  }
  const honestPunished = arena.honestPunished(before)
  return { strategy: name, tries, attempts, happened, accepted, profitPermille: null, honestPunished }
}

/** What the requester and the replicas make of the draw, once it can be checked. */
async function drawVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const { client } = arena
  const before = await seenBy(arena)
  const done = await run().catch(refusalOf)
  const refused = 'check' in done ? done : await refusalInTime(arena, done)
  if (refused === undefined) return { what: 'believed', isForged: !('check' in done) && !done.isRight }
  const paid = (await arena.grid.entries(before.logSize)).flatMap((entry) =>
    entry.type === 'receipt' ? entry.payments.map(({ node }) => node) : [],
  )
  const checking = arena.honest.filter(({ state: { node } }) => node !== null && paid.includes(node))
  const kept = await Promise.all(checking.map((node) => keptSince(arena, before, node)))
  // What the requester has and what each replica has kept convict by themselves: somebody else checks them.
  const documents = [...kept.flat(), ...(refused.document === undefined ? [] : [refused.document])]
  const proofs = await Promise.all(documents.map((document) => client.verifyFault(document)))
  const isProven = kept.length > 0 && refused.document !== undefined && proofs.every(({ verdict }) => verdict.ok)
  return { what: isProven ? 'convicted by `false-draw`' : refusedBy(refused.check), isForged: false }
}

type Refusal = { readonly check: string; readonly document: Uint8Array<ArrayBuffer> | undefined }

/** What the requester says of a certificate when its draws can be made again. */
async function refusalInTime({ client }: Arena, { certificateBytes }: ArenaJob): Promise<Refusal | undefined> {
  const { verdict, evidence } = await client.verify(certificateBytes, { drawWaitMs: DRAW_WAIT_MS })
  return verdict.ok ? undefined : { check: verdict.check, document: evidence }
}

/** What was known before a job: the log's size, and how many cases each honest node kept. */
type Before = { readonly logSize: number; readonly cases: ReadonlyMap<ArenaNode, number> }

async function seenBy({ grid, honest }: Arena): Promise<Before> {
  const cases = new Map(honest.map((node) => [node, node.state.evidence.length]))
  return { logSize: (await grid.entries()).length, cases }
}

/** The documents that `node` has written since, as soon as there is one. */
async function keptSince(
  arena: Arena,
  { cases }: Before,
  node: ArenaNode,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const known = cases.get(node) ?? 0
  await until(node, () => node.state.evidence.length > known)
  return (await arena.evidenceOf(node)).slice(known)
}

/** The requester refuses the certificate, and the replicas keep proof that what they were promised is not there. */
async function receiptVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const before = await seenBy(arena)
  const refused = await refusal(run)
  // Whoever was a replica looks when the draw of its unit can be checked.
  const kept = await Promise.any(arena.honest.map((node) => keptSince(arena, before, node)))
  const proofs = await Promise.all(kept.map((document) => arena.client.verifyFault(document)))
  const isProven = proofs.length > 0 && proofs.every(({ verdict }) => verdict.ok)
  return isProven ? { ...refused, what: `${refused.what}, and convicted by \`false-receipt\`` } : refused
}

async function refusal(run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const done = await run().catch(refusalOf)
  return 'check' in done
    ? { what: refusedBy(done.check), isForged: false }
    : { what: 'believed', isForged: !done.isRight }
}

function refusedBy(check: string): string {
  return `certificate refused by its check \`${check}\``
}

/** What the client says of a certificate that it does not take. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof CertificateRefusedError)) throw error
  return { check: /the check "([a-z-]+)"/.exec(error.message)?.[1] ?? '', document: error.evidence.document }
}
