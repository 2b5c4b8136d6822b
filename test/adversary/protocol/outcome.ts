// What came of attempts on a grid of real nodes, and where it is kept for the documentation.
import { readFile, writeFile } from 'node:fs/promises'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { COST_PPM } from '../simulation/strategy.ts'

/** What a strategy came to. `happened` counts by what became of each attempt; `profitPermille` is null where nothing is paid to compare. */
export type ProtocolOutcome = {
  readonly strategy: string
  readonly tries: string
  readonly attempts: number
  readonly happened: Readonly<Record<string, number>>
  /** Results that were accepted and are not the right ones. */
  readonly accepted: number
  readonly profitPermille: number | null
  readonly honestPunished: number
}

/** Whether the long form runs, which writes down what it finds. */
export const IS_LONG = process.env.COMMONWATT_ADVERSARY === '1'

/** Attempts a strategy: as many as there are in the long form, else enough to show that what is recorded still is so. */
export function attemptsOf(short: number): number {
  return IS_LONG ? LONG_ATTEMPTS : short
}

/** Attempts in the long form. */
const LONG_ATTEMPTS = 20

/** Groups of strategies, each measured by a test file of its own, in the order of the table. */
export const GROUPS = ['nodes', 'outsiders', 'coordinators'] as const

/** One of {@link GROUPS}. */
export type Group = (typeof GROUPS)[number]

const MILLION = 1_000_000n

/** Earnings of an adversary against those of an honest node that is paid `honest` for the same units and spends half of it on computing them. */
export function profitPermille(earned: bigint, honest: bigint, spentPpm: number): number | null {
  if (honest === 0n) return null
  const cost = (honest * BigInt(COST_PPM)) / MILLION
  const spent = (cost * BigInt(spentPpm)) / MILLION
  const base = honest - cost
  return Number(((earned - spent - base) * 1000n) / base)
}

/** What the last long form found. */
export async function recordedOutcomes(group: Group): Promise<readonly ProtocolOutcome[]> {
  return JSON.parse(await readFile(pathOf(group), 'utf8')) as readonly ProtocolOutcome[]
}

/** Keeps what the long form found. */
export async function recordOutcomes(group: Group, outcomes: readonly ProtocolOutcome[]): Promise<void> {
  await writeFile(pathOf(group), encodeCanonicalJson(outcomes))
}

/** What is recorded of a strategy, without its counts: what a short form must find as well. */
export function kindOfOutcome({ strategy, tries, happened, honestPunished, profitPermille: profit }: ProtocolOutcome) {
  // Whether a node with a history audits a unit is drawn, and its share is the replicas' loss: only a gain is another kind of outcome.
  return { strategy, tries, happened: Object.keys(happened).sort(), honestPunished, isGain: (profit ?? 0) > 0 }
}

function pathOf(group: Group): URL {
  return new URL(`recorded/${group}.json`, import.meta.url)
}
