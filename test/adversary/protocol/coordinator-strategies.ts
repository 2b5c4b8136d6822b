// Coordinators that lie, and who notices. All of them are the product's own with one method replaced; nodes and requesters are as they are.
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { NodeContribution } from '#node/contribution.ts'
import { CertificateRefusedError } from '#sdk/run.ts'
import { until } from '../../support/live-grid.ts'
import { type Repent, inventChecker, overlook, pickCheckers, replaceReceipts } from '../../support/lying-coordinator.ts'
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

/** Lets one of them lie. */
export async function attackAsCoordinator(arena: Arena, strategy: CoordinatorStrategy): Promise<ProtocolOutcome> {
  const { name, tries } = strategy
  const before = arena.consequences.length
  const happened: Record<string, number> = {}
  const attempts = attemptsOf(strategy.attempts)
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
  const { client, honest } = arena
  const done = await run().catch(refusalOf)
  if ('check' in done) return await convicted(arena, done)
  const { certificate, certificateBytes, isRight } = done
  const { verdict, evidence } = await client.verify(certificateBytes, { drawWaitMs: DRAW_WAIT_MS })
  if (verdict.ok) return { what: 'believed', isForged: !isRight }
  const replicas = new Set(certificate.units.flatMap(({ body }) => body.replicas.map(({ lease }) => lease.body.node)))
  const checking = honest.filter(({ state }) => state.node !== null && replicas.has(state.node))
  for (const node of checking) await until(node, () => node.state.evidence.length > 0)
  return convicted(arena, { check: verdict.check, document: evidence })
}

type Refusal = { readonly check: string; readonly document: Uint8Array<ArrayBuffer> | undefined }

/** The document against the coordinator is checked by somebody else. */
async function convicted({ client }: Arena, { check, document }: Refusal): ReturnType<Judge> {
  const proof = document === undefined ? undefined : await client.verifyFault(document)
  return { what: proof?.verdict.ok === true ? 'convicted by `false-draw`' : refused(check), isForged: false }
}

/** The requester refuses the certificate, and the replicas keep proof that what they were promised is not there. */
async function receiptVerdict(arena: Arena, run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const kept = ({ state }: NodeContribution) => state.evidence.filter(({ says }) => says.includes('receipt')).length
  const before = new Map(arena.honest.map((node) => [node, kept(node)]))
  const refused = await refusal(run)
  const keeps = arena.honest.map((node) => until(node, () => kept(node) > (before.get(node) ?? 0)))
  // Whoever was a replica looks when the draw of its unit can be checked.
  await Promise.any(keeps)
  return { ...refused, what: `${refused.what}, and convicted by \`false-receipt\`` }
}

async function refusal(run: () => Promise<ArenaJob>): ReturnType<Judge> {
  const done = await run().catch(refusalOf)
  return 'check' in done
    ? { what: refused(done.check), isForged: false }
    : { what: 'believed', isForged: !done.isRight }
}

function refused(check: string): string {
  return `certificate refused by its check \`${check}\``
}

/** What the client says of a certificate that it does not take. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof CertificateRefusedError)) throw error
  return { check: /the check "([a-z-]+)"/.exec(error.message)?.[1] ?? '', document: error.evidence.document }
}
