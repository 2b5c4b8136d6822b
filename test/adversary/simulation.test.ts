// What adversaries gain under the product's rules, strategy by strategy, and that the documentation says the same. The short form runs the
// beginning of what the long form ran in full: any other figure there means that a rule has changed, and what is recorded no longer holds.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { IS_LONG } from './protocol/outcome.ts'
import { ATTEMPTS, SEED, SHARES } from './simulation/measure.ts'
import { OWNERS } from './simulation/own-nodes.ts'
import { figuresOf, ownerOf, pointOf, recordedSimulation } from './simulation/recorded.ts'
import { MEMBERS, STRATEGIES } from './simulation/strategy.ts'
import { withTables } from './simulation/table.ts'

/** Time for the whole simulation on a busy machine. */
const TIMEOUT_MS = 900_000

/** Shares of the sweep that the short form measures again. */
const SHORT_SHARES = [20, 40, 80]

const form = IS_LONG ? 'full' : 'short'
const recorded = await recordedSimulation()
console.log(`seed: ${SEED}`)

const names = STRATEGIES.map(({ name }) => name)
const weighing = names.filter((name) => name.endsWith('weighing'))
const losing = names.filter((name) => name !== 'replayer' && !weighing.includes(name))

function recordedOf(name: string) {
  const found = recorded.strategies.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`Nothing is recorded of "${name}": run \`npm run adversary\`.`)
  return found
}
const fullOf = (name: string) => recordedOf(name).full

describe('simulated adversaries', () => {
  test.each(STRATEGIES)('default: $name does what is recorded', { timeout: TIMEOUT_MS }, (strategy) => {
    expect(figuresOf(strategy, form)).toEqual(recordedOf(strategy.name)[form])
  })

  test.each(SHARES.filter(({ percent }) => IS_LONG || SHORT_SHARES.includes(percent)))(
    'default: a crowd of $percent% gains what is recorded',
    { timeout: TIMEOUT_MS },
    (share) => {
      const found = recorded.sweep.find(({ full }) => full.percent === share.percent)
      expect(pointOf(share, form)).toEqual(found?.[form])
    },
  )

  test.each(names)('behaviour: %s punishes nobody honest, within the prediction', (name) => {
    const { attempts, honestPunished, accepted, most } = fullOf(name)
    expect(attempts).toBe(ATTEMPTS)
    expect(honestPunished).toBe(0)
    expect(accepted).toBeLessThanOrEqual(most)
  })

  test.each(losing)('behaviour: %s loses', (name) => {
    expect(fullOf(name).profitPermille).toBeLessThan(0)
  })

  test.each(weighing)('behaviour: %s finds hardly a moment to forge at, and gains nothing', (name) => {
    const { forged, profitPermille } = fullOf(name)
    expect(forged).toBeLessThanOrEqual(ATTEMPTS / 1_000)
    expect(profitPermille).toBeLessThanOrEqual(0)
  })

  test('behaviour: receipts presented twice gain nothing', () => {
    expect(fullOf('replayer').profitPermille).toBe(0)
  })

  test('behaviour: no crowd of up to three fifths gains, whatever it does with its keys', () => {
    const within = recorded.sweep.map(({ full }) => full).filter(({ percent }) => percent <= 60)
    expect(within).toHaveLength(6)
    expect(within.filter(({ stays, leaves, weighs }) => stays >= 0 || leaves >= 0 || weighs > 0)).toEqual([])
  })

  test('behaviour: without all replicas no forgery is accepted', () => {
    const blind = STRATEGIES.filter(({ crowd, replication }) => crowd === 1 && replication === 2)
    expect(blind.length).toBeGreaterThan(9)
    expect(blind.map(({ name }) => fullOf(name).accepted)).toEqual(blind.map(() => 0))
  })

  test('behaviour: every receipt that is presented again is refused', () => {
    const { refusedReplays, attempts } = fullOf('replayer')
    expect(refusedReplays).toBeGreaterThanOrEqual(attempts)
  })
})

describe('simulated coordinators that invent nodes', () => {
  test.each(OWNERS)(
    'default: with $own nodes of its own, forging 1 in $every, one does what is recorded',
    { timeout: TIMEOUT_MS },
    (owner) => {
      const found = recorded.owners.find(({ full }) => full.own === owner.own && full.every === owner.every)
      expect(ownerOf(owner, form)).toEqual(found?.[form])
    },
  )

  test('behaviour: whoever counts how often it is drawn notices one that always forges, and never one that draws fairly', () => {
    for (const { full } of recorded.owners) {
      const isOnRoster = full.own < MEMBERS
      if (full.every === 1 && isOnRoster) expect(full.noticedAfter).toBeLessThan(1_000)
      if (full.every === 0 || !isOnRoster) expect(full.noticedAfter).toBeNull()
    }
  })
})

test('default: docs/verification.md holds what is recorded of the simulation', async () => {
  const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
  expect(withTables(text, recorded)).toBe(text)
})
