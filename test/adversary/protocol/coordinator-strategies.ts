// Coordinators that lie. All of them are the product's own with one method replaced; nodes and requesters are as they are.
import { EMPTY_ROOT } from '#core/merkle.ts'
import { type Repent, inventChecker, overlook, pickCheckers, replaceReceipts } from '../../support/lying-coordinator.ts'
import type { Arena } from './arena.ts'
import { type Judge, drawVerdict, receiptVerdict } from './coordinator-verdicts.ts'
import { type ProtocolOutcome, attemptsOf } from './outcome.ts'

/** A way to lie. */
export type CoordinatorStrategy = {
  readonly name: string
  readonly tries: string
  readonly attempts: number
  /** Begins to lie; `judge` says what became of one job. */
  readonly begin: (arena: Arena) => Promise<{ readonly repent: Repent; readonly judge: Judge }>
}

/** Those that lie about draws and receipts, in the order of the table; payment-strategies.ts has the others. */
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
