// A network in discrete steps, one unit at a time. Draws, audit rates and their draws, the decision on results, prices, faults and the books
// are the product's own modules; members, moments and the reference's verdict are simulated, and nothing is signed.
import type { Digest } from '#core/digest.ts'
import { digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type Random, randomInt } from '#core/random.ts'
import { Ledger, LedgerRuleError } from '#ledger/balance.ts'
import type { LogEntry, Payment, ReceiptEntry } from '#ledger/entry.ts'
import { HOLDBACK_EPOCHS } from '#ledger/pending.ts'
import { priceAtto, rewardAtto, sharePrice } from '#ledger/price.ts'
import { auditSeed, drawAuditors, isAuditDrawn, unitAuditRate } from '#verify/audit.ts'
import { drawCheckers, drawSeed } from '#verify/draw.ts'
import { FAULTS, type FaultCause } from '#verify/faults.ts'
import { decide } from '#verify/quorum.ts'
import { ALWAYS_PPM, type RosterEntry, isMature } from '#verify/roster.ts'
import { NO_TRUST, type Trust, historyRate, trustAfterFault, trustAfterValid } from '#verify/trust.ts'
import { type Act, COST_PPM, HONEST_ACT, MEMBERS, type Strategy } from './strategy.ts'

/** Integer operations of a unit, and of its audit by one prefill: the costliest audit there is. */
export const UNIT_OPERATIONS = 10n ** 9n

/** Units of the whole network in an epoch. */
const UNITS_PER_EPOCH = 50

/** Draws of one unit before it is given up. */
const MAX_ATTEMPTS = 12

const KIND = { name: 'generate', version: 1 } as const
const REWARD = rewardAtto(UNIT_OPERATIONS)
const COST = (REWARD * BigInt(COST_PPM)) / BigInt(ALWAYS_PPM)
const RIGHT = 'right'

type Member = {
  readonly index: number
  readonly payee: PublicKey
  readonly isAdversary: boolean
  key: PublicKey
  trust: Trust
  stake: bigint
  /** Log index of the first wrong part under this key. */
  fault: number | null
  ownUnits: number
  costs: bigint
  replaced: number
}

type Replica = { readonly member: Member; readonly entry: RosterEntry; readonly role: 'primary' | 'checker'; act: Act }

/** What happened. */
export type Tally = {
  attempts: number
  forged: number
  accepted: number
  /** Forgeries that the audit rates let one expect to be accepted, and the variance of that sum. */
  expected: number
  variance: number
  refusedReplays: number
  faults: Map<FaultCause, number>
  honestPunished: number
}

/** A network with one crowd in it. */
export class Network {
  readonly tally: Tally = {
    attempts: 0,
    forged: 0,
    accepted: 0,
    expected: 0,
    variance: 0,
    refusedReplays: 0,
    faults: new Map(),
    honestPunished: 0,
  }
  readonly #ledger = new Ledger()
  readonly #members: readonly Member[]
  readonly #strategy: Strategy
  readonly #random: Random
  #unit = 0
  #epoch = 1

  constructor(strategy: Strategy, random: Random) {
    this.#strategy = strategy
    this.#random = random
    const member = (_: unknown, index: number): Member => ({
      index,
      payee: keyOf(`payee/${index}`),
      isAdversary: index < strategy.crowd,
      key: keyOf(`node/${index}/0`),
      trust: NO_TRUST,
      stake: 0n,
      fault: null,
      ownUnits: 0,
      costs: 0n,
      replaced: 0,
    })
    this.#members = Array.from({ length: MEMBERS }, member)
    this.#log({ type: 'genesis', genesis: {} as never })
    this.#log({ type: 'epoch', epoch: this.#epoch, holdback: HOLDBACK_EPOCHS })
    this.#log({ type: 'grant', account: keyOf('requester'), amount: (10n ** 40n).toString() })
  }

  /** Earned and not burned, less what it cost to compute, of the crowd. */
  get profit(): bigint {
    return this.#members
      .filter(({ isAdversary }) => isAdversary)
      .reduce((sum, { payee, costs }) => {
        const { balance, pending } = this.#ledger.balanceOf(payee)
        return sum + balance + pending - costs
      }, 0n)
  }

  /** One unit whose primary is any member, or one of the crowd; while `isPeace` nobody cheats, and the unit is no attempt. */
  step(primary: 'any' | 'crowd', isPeace: boolean): void {
    if (this.#unit++ % UNITS_PER_EPOCH === UNITS_PER_EPOCH - 1) this.#tick()
    const bound = primary === 'any' ? MEMBERS : this.#strategy.crowd
    const chosen = this.#members[randomInt(this.#random, bound)]
    if (chosen === undefined) throw new RangeError('The network has no such member.')
    const price = priceAtto(UNIT_OPERATIONS, this.#strategy.replication)
    const admissionLeaf = this.#ledger.size
    const job = digestOf('simulated-job', this.#unit)
    this.#log({ type: 'admission', job, account: keyOf('requester'), escrow: price.toString() })
    if (!isPeace) this.tally.attempts++
    this.#compute({ job, admissionLeaf, price, primary: chosen, isPeace })
  }

  #compute(unit: { job: Digest; admissionLeaf: number; price: bigint; primary: Member; isPeace: boolean }): void {
    let held: Replica[] = []
    let wanted = this.#strategy.replication
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const drawn = this.#draw(unit, attempt, held, wanted)
      wanted = Math.max(wanted, held.length + drawn.length)
      held = this.#open([...held, ...drawn], drawn, unit.isPeace)
      if (held.length < wanted) continue
      const decision = decide(
        held.map(({ member, act }) => claimOf(member.key, act)),
        wanted,
      )
      if (decision.outcome === 'disputed') held = this.#convictWrong(held)
      else if (decision.outcome === 'agreed' && this.#settle(unit, held, attempt)) return
      else held = this.#convictWrong(held)
    }
  }

  /** The attempt's new replicas: the primary is chosen, the others are drawn; of one replica asked for a newcomer's is checked by another. */
  #draw(
    { job, admissionLeaf, primary }: { job: Digest; admissionLeaf: number; primary: Member },
    attempt: number,
    held: readonly Replica[],
    wanted: number,
  ): Replica[] {
    const roster = this.#roster()
    const entryOf = (key: PublicKey) => roster.find(({ node }) => node === key)
    const own = attempt === 1 ? entryOf(primary.key) : undefined
    const first: Replica[] =
      own === undefined ? [] : [{ member: primary, entry: own, role: 'primary', act: HONEST_ACT }]
    const related = [...held, ...first].map(({ entry }) => entry)
    const isChecked = wanted === 1 && own !== undefined && !isMature(own) && roster.some(isMature)
    const count = isChecked ? 1 : wanted - related.length
    const network = digestOf('simulated-network', 0)
    const unit = digestOf('simulated-unit', this.#unit)
    const rosterRoot = digestOf('simulated-roster', this.#unit)
    const secret = this.#secret()
    const seed = drawSeed({
      network,
      unit,
      admissionLeaf,
      attempt,
      job,
      rosterRoot,
      epoch: this.#epoch,
      secret,
    })
    const request = { kind: KIND, count, related, needsMature: !related.some(isMature) }
    const checkers = count === 0 ? [] : drawCheckers(seed, roster, request)
    return [
      ...first,
      ...checkers.map((entry): Replica => ({
        member: this.#memberOf(entry),
        entry,
        role: 'checker',
        act: HONEST_ACT,
      })),
    ]
  }

  /** New replicas act; those that do not open what they committed to are out. Colluders see from the leases who else is there. */
  #open(all: readonly Replica[], drawn: readonly Replica[], isPeace: boolean): Replica[] {
    const isAlone = all.every(({ member }) => member.isAdversary)
    const auditPpm = unitAuditRate(all, priceAtto(UNIT_OPERATIONS, this.#strategy.replication))
    const atRisk = all.reduce((sum, { member: { key } }) => sum + REWARD + this.#ledger.doubtfulOf(key), 0n)
    const saved = COST * BigInt(all.length)
    for (const replica of drawn) {
      const { member } = replica
      member.ownUnits++
      const turn = {
        unit: this.#unit,
        member: member.index,
        ownUnits: member.ownUnits,
        isAlone,
        auditPpm,
        saved,
        atRisk,
      }
      if (member.isAdversary && !isPeace) replica.act = this.#strategy.act(turn)
      member.costs += (COST * BigInt(ALWAYS_PPM - replica.act.savedPpm)) / BigInt(ALWAYS_PPM)
    }
    if (drawn.some(({ act }) => act.forgery !== null)) this.tally.forged++
    return all.filter(({ member, act: { conduct } }) => {
      if (conduct !== 'proper') this.#fault(member, conduct)
      return conduct === 'proper'
    })
  }

  /** Audits if the draw says so, and pays. False when the result is found wrong. */
  #settle(
    unit: { job: Digest; admissionLeaf: number; price: bigint },
    replicas: readonly Replica[],
    attempt: number,
  ): boolean {
    const isForged = replicas.some(({ act }) => act.forgery !== null)
    const { price } = unit
    const ppm = unitAuditRate(replicas, price)
    const body = {
      unit: unit.job,
      admissionLeaf: unit.admissionLeaf,
      attempt,
      round: 1,
      epoch: this.#epoch,
      entries: replicas.map(({ member }) => ({ node: member.key, lease: unit.job, commitment: unit.job })),
    }
    const seed = auditSeed({ body } as unknown as Parameters<typeof auditSeed>[0], this.#secret())
    const isDrawn = isAuditDrawn(seed, ppm)
    if (isForged) this.#expect(replicas, ppm)
    const auditor = isDrawn ? this.#auditor(seed, replicas) : undefined
    if (isDrawn && this.#findsFault(auditor, isForged)) return false
    this.#pay(unit, replicas, auditor, isDrawn)
    if (isForged) this.tally.accepted++
    return true
  }

  /** Whether an audit finds the result wrong in the end: a report that says so goes to the reference, which contradicts a slanderer. */
  #findsFault(auditor: Member | undefined, isForged: boolean): boolean {
    const says = auditor?.isAdversary === true ? this.#strategy.audit : 'true'
    if (says === 'slander' && auditor !== undefined && !isForged) this.#fault(auditor, 'wrong-statement')
    if (says === 'slander') return isForged
    return isForged && says !== 'approve-own'
  }

  #auditor(seed: Digest, replicas: readonly Replica[]): Member | undefined {
    const [first] = drawAuditors(
      seed,
      this.#roster(),
      KIND,
      replicas.map(({ entry }) => entry),
    )
    if (first === undefined) return undefined // the coordinator audits
    const auditor = this.#memberOf(first)
    auditor.costs += COST
    return auditor
  }

  /** Adds the chance that a forgery passes: no audit, or an auditor of the crowd's. */
  #expect(replicas: readonly Replica[], ppm: number): void {
    const eligible = this.#members.filter(
      (member) =>
        historyRate(member.trust) < ALWAYS_PPM && !replicas.some(({ member: { index } }) => index === member.index),
    )
    const own = this.#strategy.audit === 'approve-own' ? eligible.filter(({ isAdversary }) => isAdversary).length : 0
    const found = (ppm / ALWAYS_PPM) * (eligible.length === 0 ? 1 : 1 - own / eligible.length)
    this.tally.expected += 1 - found
    this.tally.variance += found * (1 - found)
  }

  #pay(
    { job, admissionLeaf, price }: { job: Digest; admissionLeaf: number; price: bigint },
    replicas: readonly Replica[],
    auditor: Member | undefined,
    isAudited: boolean,
  ): void {
    const paid = [...replicas.map(({ member }) => member), ...(auditor === undefined ? [] : [auditor])]
    const audit = auditor === undefined ? null : UNIT_OPERATIONS
    const shares = sharePrice(price, UNIT_OPERATIONS, replicas.length, audit)
    const payments = paid.map(({ key, payee }, at): Payment => ({
      node: key,
      account: payee,
      amount: String(shares[at] ?? 0n),
    }))
    const audited = isAudited ? replicas.map(({ member: { key } }) => key) : []
    const receipt: ReceiptEntry = { type: 'receipt', admissionLeaf, unit: job, certificate: job, payments, audited }
    this.#log(receipt)
    for (const [at, member] of paid.entries()) member.stake += shares[at] ?? 0n
    const vouching = replicas.filter(({ role, entry }) => role === 'checker' && isMature(entry))
    for (const { member } of replicas)
      if (isAudited || vouching.some((other) => other.member !== member)) member.trust = trustAfterValid(member.trust)
    if (this.#strategy.replays) this.#replay(receipt)
  }

  #replay(receipt: ReceiptEntry): void {
    try {
      this.#ledger.apply(receipt)
    } catch (error) {
      if (!(error instanceof LedgerRuleError)) throw error
      this.tally.refusedReplays++
    }
  }

  /** The reference says who is wrong; the others stay. */
  #convictWrong(replicas: readonly Replica[]): Replica[] {
    return replicas.filter(({ member, act: { forgery } }) => {
      if (forgery !== null) this.#fault(member, member.fault === null ? 'wrong-part' : 'wrong-part-again')
      return forgery === null
    })
  }

  #fault(member: Member, cause: FaultCause): void {
    const { tally } = this
    tally.faults.set(cause, (tally.faults.get(cause) ?? 0) + 1)
    if (!member.isAdversary) tally.honestPunished++
    if (FAULTS[cause].trust === 'reset') member.trust = trustAfterFault()
    const isLogged = cause === 'wrong-part' || cause === 'wrong-part-again' || cause === 'equivocation'
    if (isLogged) this.#convict(member, cause)
    const isLeaving = this.#strategy.leavesAfterFault && member.isAdversary
    if (FAULTS[cause].admission === 'kept-out' || isLeaving) this.#newKey(member)
  }

  #convict(member: Member, cause: 'wrong-part' | 'wrong-part-again' | 'equivocation'): void {
    const fault = this.#ledger.size
    const earlier = cause === 'wrong-part-again' ? member.fault : null
    const proof = digestOf('simulated-proof', fault)
    // Every unit's admission is in the log before anybody is convicted over it; the first one stands for all.
    this.#log({ type: 'fault', admissionLeaf: 3, node: member.key, cause, proof, earlier })
    if (cause === 'wrong-part') member.fault = fault
    const isAll = FAULTS[cause].pending === 'forfeit'
    const amount = isAll ? this.#ledger.stakeOf(member.key) : this.#ledger.doubtfulOf(member.key)
    this.#log({ type: 'forfeit', node: member.key, fault, amount: amount.toString() })
  }

  /** Whoever is kept out comes back at once as somebody nobody knows: keys cost nothing. */
  #newKey(member: Member): void {
    member.replaced++
    member.key = keyOf(`node/${member.index}/${member.replaced}`)
    member.trust = NO_TRUST
    member.stake = 0n
    member.fault = null
  }

  #roster(): RosterEntry[] {
    const entry = ({ key, trust, stake }: Member): RosterEntry => ({
      node: key,
      groups: [],
      kinds: [KIND],
      ratedMops: 1,
      stake: stake.toString(),
      auditPpm: historyRate(trust),
    })
    return this.#members.map((member) => entry(member)).toSorted((a, b) => (a.node < b.node ? -1 : 1))
  }

  #memberOf({ node }: RosterEntry): Member {
    const member = this.#members.find(({ key }) => key === node)
    if (member === undefined) throw new RangeError(`Nobody has the key ${node}.`)
    return member
  }

  #secret(): Digest {
    return digestOf('simulated-secret', this.#random.bytes(8))
  }

  #tick(): void {
    this.#log({ type: 'epoch', epoch: ++this.#epoch, holdback: HOLDBACK_EPOCHS })
    for (const member of this.#members) member.stake = this.#ledger.stakeOf(member.key)
  }

  #log(entry: LogEntry): void {
    this.#ledger.apply(entry)
  }
}

function claimOf(node: PublicKey, { forgery }: Act) {
  const leaf = digestOf('simulated-result', forgery ?? RIGHT)
  return { node, root: leaf, leaves: [leaf] }
}

function keyOf(name: string): PublicKey {
  return digestOf('simulated-key', name) as unknown as PublicKey
}
