// Nodes that do their part wrongly, and what becomes of each on a grid.
import { FAILURE_COOL_MS } from '#coordinator/matchmaker/matchmaker.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { ArenaNode } from './arena-nodes.ts'
import type { Arena, ArenaJob } from './arena.ts'
import type { Conduct } from './conducts.ts'
import { type ProtocolOutcome, attemptsOf, profitPermille } from './outcome.ts'

/** A node that breaks the rules. */
export type NodeStrategy = {
  readonly name: string
  readonly tries: string
  readonly conduct: Conduct
  /** Replicas that the jobs ask for. */
  readonly replication: number
  /** Share of the honest cost of computing that it has, in parts per million. */
  readonly spentPpm: number
  /** Attempts in the short form. */
  readonly attempts: number
  /** Whether it keeps the others waiting. */
  readonly isSlow: boolean
  /** Whether its units have been certified before. */
  readonly isOfOldUnits: boolean
}

const ALL_PPM = 1_000_000

/** Accusations that may be made at once come back within this. */
const BREAK_MS = FAILURE_COOL_MS + 60_000

const USUAL = { replication: 2, spentPpm: ALL_PPM, attempts: 2, isSlow: false, isOfOldUnits: false } as const

/** Every strategy of nodes, in the order of the table. */
export const NODE_STRATEGIES: readonly NodeStrategy[] = [
  {
    ...USUAL,
    name: 'forger',
    tries: 'gives wrong bytes for everything',
    conduct: 'forger',
    spentPpm: 0,
  },
  {
    ...USUAL,
    name: 'copier',
    tries: 'commits to the hash that a peer committed to, and reveals what the peer reveals',
    conduct: 'copier',
    spentPpm: 0,
  },
  {
    ...USUAL,
    name: 'replayer of old certificates',
    tries: 'gives the result of an earlier certificate of the same unit, without computing',
    conduct: 'replayer',
    spentPpm: 0,
    isOfOldUnits: true,
  },
  {
    ...USUAL,
    name: 'equivocator',
    tries: 'commits to one thing before the coordinator and some peers, to another before the rest',
    conduct: 'equivocator',
    replication: 3,
  },
  {
    ...USUAL,
    name: 'framer',
    tries: 'signs that its peers’ reveals are invalid, and accuses them of commitments that they did not sign',
    conduct: 'framer',
  },
  {
    ...USUAL,
    name: 'one that leaves when it has agreed',
    tries: 'hands the unit back instead of delivering the result',
    conduct: 'leaver',
  },
  {
    ...USUAL,
    name: 'late revealer',
    tries: 'reveals when the deadline has passed',
    conduct: 'late',
    attempts: 1,
    isSlow: true,
  },
  {
    ...USUAL,
    name: 'selective revealer, to peers',
    tries: 'reveals to its peers, never to the coordinator',
    conduct: 'silent to the coordinator',
    attempts: 1,
    isSlow: true,
  },
  {
    ...USUAL,
    name: 'selective revealer, to the coordinator',
    tries: 'reveals to the coordinator, never to its peers',
    conduct: 'silent to peers',
    attempts: 1,
    isSlow: true,
  },
]

/** Jobs in which a strategy has to come to its attempts: who has a part in one is drawn. */
const MOST_JOBS = 10

/** Lets one strategy loose until it has had its attempts, `short` of them in the short form. */
export async function attack(
  arena: Arena,
  strategy: NodeStrategy,
  short: number = strategy.attempts,
): Promise<ProtocolOutcome> {
  const wanted = attemptsOf(short)
  const before = arena.consequences.length
  const happened: Record<string, number> = {}
  let [attempts, accepted, honest, earned] = [0, 0, 0n, 0n]
  let node = await arena.node(strategy.conduct)
  const { clock } = arena
  for (let jobs = 0; attempts < wanted; jobs++) {
    if (jobs > MOST_JOBS * wanted) throw new Error(`${strategy.name} had ${attempts} attempts in ${jobs} jobs.`)
    clock.skip(BREAK_MS)
    const inputs = strategy.isOfOldUnits ? (await arena.job(strategy.replication)).inputs : undefined
    const from = arena.consequences.length
    await arena.setImpatient(strategy.isSlow)
    const job = await arena.job(strategy.replication, inputs)
    await arena.setImpatient(false)
    if (!job.isRight) accepted++
    const key = keyOf(node)
    if (!hasPart(job, key)) continue
    const what = await outcomeOf(arena, job, key, from)
    // A connection that broke on a busy machine is no attempt.
    if (what === 'lost') continue
    earned += await arena.earned(key, job)
    attempts++
    honest += job.reward
    happened[what] = (happened[what] ?? 0) + 1
    if (node.state.phase !== 'attention') {
      await arena.whenLive(node)
      continue
    }
    await node.stop()
    node = await arena.node(strategy.conduct)
  }
  await node.stop()
  const { name, tries, spentPpm } = strategy
  const profit = profitPermille(earned, honest, spentPpm)
  const honestPunished = arena.honestPunished(before)
  return { strategy: name, tries, attempts, happened, accepted, profitPermille: profit, honestPunished }
}

function keyOf({ state: { node } }: ArenaNode): PublicKey {
  if (node === null) throw new Error('The node has no key.')
  return node
}

function hasPart({ certificate }: ArenaJob, node: PublicKey): boolean {
  return certificate.units.some(({ body }) =>
    body.draws.some(({ primary, drawn }) => primary === node || drawn.includes(node)),
  )
}

/** The name of what became of `node`: the cause in the log where there is evidence, else the one that the coordinator acted on. */
async function outcomeOf(arena: Arena, job: ArenaJob, node: PublicKey, from: number): Promise<string> {
  const logged = (await arena.grid.entries(job.certificate.admission.index)).findLast(
    (entry) => entry.type === 'fault' && entry.node === node,
  )
  if (logged?.type === 'fault') return logged.cause
  const acted = arena.consequences.slice(from).find((each) => each.node === node)
  if (acted !== undefined) return acted.cause
  const isPaid = job.certificate.units.some(({ body }) => body.replicas.some(({ lease }) => lease.body.node === node))
  return isPaid ? 'paid' : 'lost'
}
