// Runs a strategy, and the same network with the same crowd behaving, and compares.
import { seededRandom } from '#core/random.ts'
import { Network, type Tally } from './network.ts'
import { HONEST_ACT, MEMBERS, type Strategy } from './strategy.ts'

/** Seed of the runs behind the table. */
export const SEED = 'adversary/1'

/** Attempts a strategy, in the table. */
export const ATTEMPTS = 10_000

/** Attempts of the short form: more than 1,000, so that whoever behaves for so long has begun to forge. */
export const SHORT_ATTEMPTS = 1_200

/** Units of the network before anybody cheats: every member has a history then. */
const PEACE_UNITS = 800

/** What came of a strategy. `profit` is that of the crowd in parts per thousand of the same crowd's when it behaves. */
export type Outcome = Tally & { readonly strategy: Strategy; readonly profitPermille: number }

const honest = new Map<string, bigint>()

/** Runs `strategy` for `attempts` units whose primary is one of the crowd. */
export function measure(strategy: Strategy, attempts = ATTEMPTS, seed = SEED): Outcome {
  const network = run(strategy, attempts, seed)
  const { crowd, replication, hasHistory } = strategy
  const key = [crowd, replication, hasHistory, attempts, seed].join('/')
  const behaved: Strategy = { ...strategy, act: () => HONEST_ACT, audit: 'true', replays: false }
  const base = honest.get(key) ?? run(behaved, attempts, seed).profit
  honest.set(key, base)
  return { ...network.tally, strategy, profitPermille: Number(((network.profit - base) * 1000n) / base) }
}

/** The most forgeries that chance lets pass at the rates that applied: four standard deviations above what they let one expect. */
export function mostAccepted({ expected, variance }: Tally): number {
  return expected + 4 * Math.sqrt(variance) + 1
}

function run(strategy: Strategy, attempts: number, seed: string): Network {
  const network = new Network(strategy, seededRandom(`${seed}/${strategy.crowd}/${strategy.replication}`))
  if (strategy.hasHistory) for (let at = 0; at < PEACE_UNITS; at++) network.step('any', true)
  while (network.tally.attempts < attempts) network.step('crowd', false)
  return network
}

/** Crowds from a tenth of the network to most of it. */
export const SHARES = [2, 4, 6, 8, 10, 12, 14, 16].map((crowd) => ({ crowd, percent: (100 * crowd) / MEMBERS }))
