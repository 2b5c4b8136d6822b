// What the simulation gave when it was last run in full, and, for the short form, what its beginning gives.
import { readFile, writeFile } from 'node:fs/promises'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { ATTEMPTS, type Outcome, SEED, SHARES, SHORT_ATTEMPTS, measure, mostAccepted } from './measure.ts'
import { OWNERS, type OwnerOutcome, measureOwner } from './own-nodes.ts'
import { STRATEGIES, type Strategy, colluders, weighers } from './strategy.ts'

/** Figures of a strategy. `expected` and `most` are the forgeries that the audit rates let one expect to pass, and the most that chance explains. */
export type Figures = Pick<
  Outcome,
  'attempts' | 'forged' | 'accepted' | 'refusedReplays' | 'honestPunished' | 'profitPermille'
> & {
  readonly faults: Readonly<Record<string, number>>
  readonly expected: number
  readonly most: number
}

/** A crowd's profit by its share, in parts per thousand of what it has when it behaves: that keeps its keys, takes new ones after each fault, and weighs besides. */
export type Point = {
  readonly percent: number
  readonly stays: number
  readonly leaves: number
  readonly weighs: number
}

/** One thing measured at both lengths. */
type Both<T> = { readonly short: T; readonly full: T }

/** Everything. */
export type Recorded = {
  readonly strategies: readonly (Both<Figures> & { readonly name: string })[]
  readonly sweep: readonly Both<Point>[]
  readonly owners: readonly Both<OwnerOutcome>[]
}

/** Attempts behind each point of the sweep over a crowd's share, and units of a coordinator that owns nodes, by the form. */
const SWEEP_ATTEMPTS = { short: 200, full: 3_000 } as const
const OWNER_UNITS = { short: 600, full: 10_000 } as const

const PATH = new URL('recorded.json', import.meta.url)

/** Lets `strategy` loose. */
export function figuresOf(strategy: Strategy, form: keyof Both<unknown>): Figures {
  const outcome = measure(strategy, form === 'full' ? ATTEMPTS : SHORT_ATTEMPTS)
  const { attempts, forged, accepted, refusedReplays, honestPunished, profitPermille, faults, expected } = outcome
  const counts = { attempts, forged, accepted, refusedReplays, honestPunished, profitPermille }
  return {
    ...counts,
    faults: Object.fromEntries(faults),
    expected: Math.round(expected),
    most: Math.ceil(mostAccepted(outcome)),
  }
}

/** A point of the sweep. */
export function pointOf({ crowd, percent }: (typeof SHARES)[number], form: keyof Both<unknown>): Point {
  const attempts = SWEEP_ATTEMPTS[form]
  const [keeps, renews] = [colluders(crowd, `sweep ${percent}`), colluders(crowd, `sweep ${percent}, new`, true)]
  return {
    percent,
    stays: measure(keeps, attempts).profitPermille,
    leaves: measure(renews, attempts).profitPermille,
    weighs: measure(weighers(crowd, `sweep ${percent}, weighing`), attempts).profitPermille,
  }
}

/** What a coordinator with nodes of its own comes to. */
export function ownerOf(owner: (typeof OWNERS)[number], form: keyof Both<unknown>): OwnerOutcome {
  return measureOwner(owner, OWNER_UNITS[form], SEED)
}

/** Simulates everything at both lengths and writes it down. */
export async function recordSimulation(): Promise<void> {
  const both = <T>(measured: (form: keyof Both<unknown>) => T): Both<T> => ({
    short: measured('short'),
    full: measured('full'),
  })
  const recorded: Recorded = {
    strategies: STRATEGIES.map((strategy) => {
      const { short, full } = both((form) => figuresOf(strategy, form))
      return { name: strategy.name, short, full }
    }),
    sweep: SHARES.map((share) => both((form) => pointOf(share, form))),
    owners: OWNERS.map((owner) => both((form) => ownerOf(owner, form))),
  }
  await writeFile(PATH, encodeCanonicalJson(recorded))
}

/** What was written down. */
export async function recordedSimulation(): Promise<Recorded> {
  return JSON.parse(await readFile(PATH, 'utf8')) as Recorded
}
