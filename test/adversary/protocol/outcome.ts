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

/** Attempts of a strategy in the long form; null in the short one. */
const LONG_ATTEMPTS = process.env.COMMONWATT_ADVERSARY === undefined ? null : Number(process.env.COMMONWATT_ADVERSARY)

/** Whether the long form runs, which writes down what it finds. */
export const IS_LONG = LONG_ATTEMPTS !== null

/** Attempts a strategy: as many as are asked for, else enough to show that what is recorded still is so. */
export function attemptsOf(short: number): number {
  return LONG_ATTEMPTS ?? short
}

/** Groups of strategies, each recorded by itself. */
export type Group = Party | `${Party}-in-pages`

/** Who breaks rules. */
type Party = 'nodes' | 'outsiders' | 'coordinators'

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

/** Keeps what the long form found, in the place of what it found of the same strategy before: it may run one strategy at a time. */
export async function recordOutcome(group: Group, outcome: ProtocolOutcome): Promise<void> {
  const known = await recordedOutcomes(group)
  const isKnown = known.some(({ strategy }) => strategy === outcome.strategy)
  const kept = known.map((each) => (each.strategy === outcome.strategy ? outcome : each))
  await writeFile(pathOf(group), encodeCanonicalJson(isKnown ? kept : [...kept, outcome]))
}

/** What is recorded of a strategy, without its counts: what a short form must find as well. */
export function kindOfOutcome({ strategy, tries, happened, honestPunished, profitPermille: profit }: ProtocolOutcome) {
  // Whether a node with a history audits a unit is drawn, and its share is the replicas' loss: only a gain is another kind of outcome.
  return { strategy, tries, happened: Object.keys(happened).sort(), honestPunished, isGain: (profit ?? 0) > 0 }
}

function pathOf(group: Group): URL {
  return new URL(`recorded/${group}.json`, import.meta.url)
}
