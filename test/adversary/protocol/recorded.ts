// Holds what a test found against what the long form wrote down, so that the documentation cannot go stale.
import { expect } from 'vitest'
import { type Group, IS_LONG, type ProtocolOutcome, kindOfOutcome, recordOutcome, recordedOutcomes } from './outcome.ts'

/**
 * Fails when `outcome` is of another kind than what is recorded in `group`. What the long form finds is written down as the next record, in `own` where that
 * is another group: what is tried in pages must come to the same as in processes.
 */
export async function expectAsRecorded(group: Group, outcome: ProtocolOutcome, own: Group = group): Promise<void> {
  console.log(JSON.stringify(outcome))
  if (IS_LONG) await recordOutcome(own, outcome)
  if (IS_LONG && own === group) return
  const recorded = (await recordedOutcomes(group)).find(({ strategy }) => strategy === outcome.strategy)
  if (recorded === undefined) throw new Error(`Nothing is recorded of "${outcome.strategy}": run the long form.`)
  const { happened, ...rest } = kindOfOutcome(outcome)
  expect(kindOfOutcome(recorded)).toMatchObject(rest)
  expect(kindOfOutcome(recorded).happened).toEqual(expect.arrayContaining(happened))
}
