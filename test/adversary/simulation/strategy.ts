// What an adversary decides, and the cost model that its profit is counted in.

/** Cost of computing a unit honestly, in parts per million of what one replica earns for it: half. The other half is an honest node's profit. */
export const COST_PPM = 500_000

/** What a member does with a lease. `forgery` names the wrong bytes it gives, so that colluders can give the same; null is the right result. */
export type Act = {
  readonly forgery: string | null
  /** Share of the honest cost that it did not spend, in parts per million. */
  readonly savedPpm: number
  readonly conduct: 'proper' | 'unopened' | 'unrevealed' | 'equivocation'
}

/** What an adversary knows when it acts: its peers' leases are named in its own, so colluders know each other. */
export type Turn = {
  readonly unit: number
  readonly member: number
  /** Units of its own until now. */
  readonly ownUnits: number
  /** Whether every replica of the unit belongs to the crowd. */
  readonly isAlone: boolean
  /** Rate at which the unit is audited if all agree, in parts per million: rosters are public, so anyone can compute it. */
  readonly auditPpm: number
  /** What its replicas need not spend if they forge, and what they earn by it or have in doubt and would lose, in atto-credit. */
  readonly saved: bigint
  readonly atRisk: bigint
}

/** One adversary's rules. */
export type Strategy = {
  readonly name: string
  /** What it tries, for the table. */
  readonly tries: string
  /** Members of the crowd among {@link MEMBERS}. */
  readonly crowd: number
  /** Replicas that the job asks for. */
  readonly replication: number
  /** Whether the crowd behaves until the network has a history. Without one every result is checked. */
  readonly hasHistory: boolean
  readonly act: (turn: Turn) => Act
  /** What it reports as an auditor. */
  readonly audit: 'true' | 'approve-own' | 'slander'
  /** Whether it takes a new key after the first fault, before a second one could cost what is pending. */
  readonly leavesAfterFault: boolean
  /** Whether it presents each receipt a second time. */
  readonly replays: boolean
}

/** Nodes in the simulated network. */
export const MEMBERS = 20

/** Computes and plays by the rules. */
export const HONEST_ACT: Act = { forgery: null, savedPpm: 0, conduct: 'proper' }

const SINGLE = {
  crowd: 1,
  replication: 2,
  hasHistory: true,
  audit: 'true',
  leavesAfterFault: false,
  replays: false,
} as const satisfies Partial<Strategy>

/** Wrong bytes that nobody else gives. */
function blind(savedPpm: number): Strategy['act'] {
  return ({ unit, member }) => ({ forgery: `${unit}/${member}`, savedPpm, conduct: 'proper' })
}

function breaks(conduct: Act['conduct'], savedPpm: number): Strategy['act'] {
  return () => ({ forgery: null, savedPpm, conduct })
}

/** An audit rate at which an adversary takes its chance: one in ten. */
const BOLD_PPM = 100_000

/** Forges, all with the same bytes and at no cost, when no honest node holds a replica and an audit is unlikely. */
function together({ unit, isAlone, auditPpm }: Turn): Act {
  if (!isAlone || auditPpm > BOLD_PPM) return HONEST_ACT
  return { forgery: `crowd/${unit}`, savedPpm: 1_000_000, conduct: 'proper' }
}

/**
 * Forges together like {@link together}, but at whatever rate and only where what that saves is more than what they are likely to lose: rates, rosters and
 * what is in doubt are public, and so is what they know of themselves, how many of the auditors that can be drawn are theirs.
 */
function weighing(crowd: number, replication: number): Strategy['act'] {
  return (turn) => {
    const honestAuditors = BigInt(turn.auditPpm) * BigInt(MEMBERS - crowd)
    const isWorthIt = turn.saved * 1_000_000n * BigInt(MEMBERS - replication) > turn.atRisk * honestAuditors
    return isWorthIt ? together({ ...turn, auditPpm: 0 }) : HONEST_ACT
  }
}

/** A crowd of `crowd` members that know one another. */
export function colluders(crowd: number, name: string, leavesAfterFault = false): Strategy {
  const tries = `forge where all replicas are theirs, approve each other's as auditors${leavesAfterFault ? ', take a new key after each fault' : ''}`
  return { ...SINGLE, name, tries, crowd, act: together, audit: 'approve-own', leavesAfterFault }
}

/** The same, with new keys, but only where it pays by the rates and by what is in doubt. */
export function weighers(crowd: number, name: string, replication = 2): Strategy {
  const tries = 'the same, but only where that saves more than they are likely to lose'
  return { ...colluders(crowd, name, true), tries, replication, act: weighing(crowd, replication) }
}

/** Every simulated strategy, in the order of the table. */
export const STRATEGIES: readonly Strategy[] = [
  { ...SINGLE, name: 'lazy: random or zero bytes', tries: 'gives bytes it did not compute', act: blind(1_000_000) },
  { ...SINGLE, name: 'lazy: fewer layers', tries: 'runs half of the model', act: blind(500_000) },
  { ...SINGLE, name: 'lazy: smaller model', tries: 'runs a model of a quarter of the size', act: blind(750_000) },
  { ...SINGLE, name: 'lazy: truncated KV cache', tries: 'forgets the beginning of the text', act: blind(200_000) },
  { ...SINGLE, name: 'lazy newcomer', tries: 'the same without a history', act: blind(1_000_000), hasHistory: false },
  {
    ...SINGLE,
    name: 'honest for 1,000 units, then lazy',
    tries: 'builds a history, then forges everything',
    act: (turn) => (turn.ownUnits <= 1_000 ? HONEST_ACT : blind(1_000_000)(turn)),
  },
  {
    ...SINGLE,
    name: 'copier',
    tries: 'commits to a hash that a peer committed to',
    act: breaks('unopened', 1_000_000),
  },
  {
    ...SINGLE,
    name: 'late or selective revealer',
    tries: 'reveals after the deadline, or not to all',
    act: breaks('unrevealed', 0),
  },
  { ...SINGLE, name: 'equivocator', tries: 'signs two commitments under one lease', act: breaks('equivocation', 0) },
  { ...SINGLE, name: 'replayer', tries: 'presents each receipt twice', act: () => HONEST_ACT, replays: true },
  {
    ...SINGLE,
    name: 'framer',
    tries: 'contradicts honest peers, as replica and as auditor',
    act: blind(0),
    audit: 'slander',
  },
  colluders(2, 'colluding pair'),
  colluders(MEMBERS / 5, 'colluding 20%'),
  colluders((MEMBERS * 2) / 5, 'colluding 40%'),
  {
    ...SINGLE,
    name: 'lazy, one replica asked for',
    tries: 'forges, alone on the unit, whenever an audit is unlikely',
    replication: 1,
    act: together,
  },
  {
    ...SINGLE,
    name: 'lazy, one replica, new key after each fault',
    tries: 'the same, and leaves before a second fault costs what is pending',
    replication: 1,
    act: together,
    leavesAfterFault: true,
  },
  colluders(MEMBERS / 5, 'colluding 20%, new key after each fault', true),
  weighers(MEMBERS / 5, 'colluding 20%, weighing'),
  colluders((MEMBERS * 2) / 5, 'colluding 40%, new key after each fault', true),
  weighers((MEMBERS * 2) / 5, 'colluding 40%, weighing'),
  weighers(1, 'lazy, one replica, weighing', 1),
]
