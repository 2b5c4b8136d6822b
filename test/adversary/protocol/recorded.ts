// Holds what a test found against what the long form wrote down, so that the documentation cannot go stale.
import { expect } from 'vitest'
import { type Group, IS_LONG, type ProtocolOutcome, kindOfOutcome, recordedOutcomes } from './outcome.ts'

/** Fails when `outcome` is of another kind than what is recorded. What the long form finds is the next record. */
export async function expectAsRecorded(group: Group, outcome: ProtocolOutcome): Promise<void> {
  console.log(JSON.stringify(outcome))
  if (IS_LONG) return
  const recorded = (await recordedOutcomes(group)).find(({ strategy }) => strategy === outcome.strategy)
  if (recorded === undefined) throw new Error(`Nothing is recorded of "${outcome.strategy}": run the long form.`)
  const { happened, ...rest } = kindOfOutcome(outcome)
  expect(kindOfOutcome(recorded)).toMatchObject(rest)
  expect(kindOfOutcome(recorded).happened).toEqual(expect.arrayContaining(happened))
}
