// How much of the bounds of float operators adapters use: the calibration behind src/tensor/tolerance.ts.
import { findLavapipe } from '../test/support/lavapipe.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { runInDawn } from './lib/dawn.ts'
import { F32_ORDERS, floatCases, worstShare } from './lib/float-cases.ts'
import { runInPage } from './lib/page.ts'
import type { ToleranceShares } from './page/tolerance.ts'

const SEED = 'tolerance 1'

/** Error over the allowed deviation, the worst of all variants of an adapter. Throws when one is above 1. */
export const bench: Bench = {
  summary: 'Largest error of f32 products as a share of what the table of tolerances allows, by adapter and case.',
  async run() {
    const records = [...referenceRecords()]
    for (const [runtime, { adapter, shares }] of await measured())
      records.push(...recordsOf(`${runtime}, ${adapter}`, shares))
    const past = records.filter(({ value }) => !(value <= 1))
    if (past.length > 0)
      throw new Error(
        `Past the bounds: ${past.map(({ name, adapter, value }) => `${name} on ${adapter}: ${value}`).join('; ')}.`,
      )
    return records
  },
}

async function measured(): Promise<(readonly [string, ToleranceShares])[]> {
  const all: (readonly [string, ToleranceShares])[] = [
    ['Chromium', await runInPage<ToleranceShares>('tolerance', { seed: SEED })],
    ['Dawn for Node', await runInDawn<ToleranceShares>('tolerance', { seed: SEED })],
  ]
  const lavapipe = await findLavapipe()
  if ('missing' in lavapipe) console.log(`  lavapipe is left out: ${lavapipe.missing}`)
  else all.push(['Dawn for Node', await runInDawn<ToleranceShares>('tolerance', { seed: SEED }, lavapipe.driver)])
  return all
}

function referenceRecords(): BenchRecord[] {
  return floatCases(SEED).flatMap((each) =>
    Object.entries(F32_ORDERS).map(([name, multiply]) => record(each.name, name, worstShare(each, multiply(each)))),
  )
}

function recordsOf(adapter: string, shares: ToleranceShares['shares']): BenchRecord[] {
  const worst = new Map<string, number>()
  for (const { name, share } of shares) worst.set(name, Math.max(worst.get(name) ?? 0, share ?? Infinity))
  return [...worst].map(([name, share]) => record(name, adapter, share))
}

function record(name: string, adapter: string, share: number): BenchRecord {
  return {
    name,
    value: share,
    unit: 'of the bound',
    peer: 'the bound',
    ratio: share === 0 ? Infinity : 1 / share,
    adapter,
  }
}
