// Balances as a pure function of the log: whoever replays the entries gets the coordinator's books, or the first entry that breaks a
// rule. Amounts are bigint atto-credit; nothing is created but by grants, and what was created is held, in escrow, pending or burned.
// Time is the log's own: epochs are its entries, so that what matures when needs no clock.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { FAULTS } from '#verify/faults.ts'
import {
  type AdmissionEntry,
  type EpochEntry,
  type FaultEntry,
  type ForfeitEntry,
  type LogEntry,
  type ReceiptEntry,
  paidTo,
} from './entry.ts'
import { type Earning, PendingBook } from './pending.ts'

/**
 * What one account has. `balance` can be spent; it includes neither what is in escrow nor what is `pending`, earned and not matured. `earned` is
 * everything ever earned, `burned` the part of it that nodes lost by faults.
 */
export type AccountBalance = {
  readonly balance: bigint
  readonly escrowed: bigint
  readonly pending: bigint
  readonly earned: bigint
  readonly burned: bigint
  readonly granted: bigint
}

/** The escrow of one job, by the log index of its admission. `units` are the salted commitments to the units that were paid. */
type Escrow = { readonly account: PublicKey; left: bigint; readonly units: Set<Digest> }

type Account = { -readonly [Key in keyof AccountBalance]: bigint }

const NOTHING: AccountBalance = { balance: 0n, escrowed: 0n, pending: 0n, earned: 0n, burned: 0n, granted: 0n }

/** The books of a network, entry by entry. */
export class Ledger {
  readonly #accounts = new Map<PublicKey, Account>()
  readonly #escrows = new Map<number, Escrow>()
  readonly #pending = new PendingBook()
  readonly #faults = new Map<number, FaultEntry>()
  readonly #forfeitedIn = new Map<PublicKey, number>()
  #epoch = 0
  #holdback: number | undefined
  #size = 0
  #minted = 0n

  /** Entries applied so far: the log index of the next. */
  get size(): number {
    return this.#size
  }

  /** The epoch that the log is in; 0 before its first tick. */
  get epoch(): number {
    return this.#epoch
  }

  /** What `node` has pending, and would lose by a deliberate fault. */
  stakeOf(node: PublicKey): bigint {
    return this.#pending.stakeOf(node)
  }

  /** What of it no audit stands behind, and the node would lose by a first wrong part. */
  doubtfulOf(node: PublicKey): bigint {
    return this.#pending.doubtfulOf(node)
  }

  /** Everything ever granted. Equal to the sum of all balances, escrows, pending and burned amounts, always. */
  get minted(): bigint {
    return this.#minted
  }

  /** Every account that an entry named. */
  accounts(): PublicKey[] {
    return [...this.#accounts.keys()]
  }

  /** What `account` has; zeros for one that was never seen. */
  balanceOf(account: PublicKey): AccountBalance {
    return { ...NOTHING, ...this.#accounts.get(account) }
  }

  /** Applies the next entry of the log. Throws {@link LedgerRuleError}, and changes nothing, when it breaks a rule. */
  apply(entry: LogEntry): void {
    if ((entry.type === 'genesis') !== (this.#size === 0))
      throw this.#broken(entry, 'the genesis is the first entry and only that')
    switch (entry.type) {
      case 'genesis':
      case 'roster':
      case 'secret-chain':
      case 'epoch-secret':
      case 'delegation':
      case 'beats':
        break
      case 'grant':
        this.#grant(entry.account, BigInt(entry.amount))
        break
      case 'admission':
        this.#admit(entry)
        break
      case 'receipt':
        this.#settle(entry)
        break
      case 'refund':
        this.#refund(entry, entry.admissionLeaf, BigInt(entry.amount))
        break
      case 'epoch':
        this.#tick(entry)
        break
      case 'fault':
        this.#convict(entry)
        break
      case 'forfeit':
        this.#forfeit(entry)
        break
    }
    this.#size++
  }

  #grant(account: PublicKey, amount: bigint): void {
    const own = this.#account(account)
    own.balance += amount
    own.granted += amount
    this.#minted += amount
  }

  #admit(entry: AdmissionEntry): void {
    const amount = BigInt(entry.escrow)
    const { balance } = this.balanceOf(entry.account)
    if (amount > balance) throw this.#broken(entry, `${amount} go to escrow and the account has ${balance}`)
    const own = this.#account(entry.account)
    own.balance -= amount
    own.escrowed += amount
    this.#escrows.set(this.#size, { account: entry.account, left: amount, units: new Set() })
  }

  #settle(entry: ReceiptEntry): void {
    const escrow = this.#escrowOf(entry, entry.admissionLeaf)
    const total = entry.payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    if (escrow.units.has(entry.unit)) throw this.#broken(entry, 'the unit was paid before under this admission')
    const audited = new Set(entry.audited)
    const arePaid = entry.audited.every((node) => entry.payments.some((payment) => payment.node === node))
    if (audited.size < entry.audited.length || !arePaid)
      throw this.#broken(entry, 'who was audited was paid, and is named once')
    this.#take(entry, escrow, total)
    escrow.units.add(entry.unit)
    for (const { node, account, amount } of entry.payments)
      this.#earn({ node, account, amount: BigInt(amount) }, audited.has(node))
    for (const node of audited) this.#pending.clear(node, paidTo(entry, node))
  }

  /** What a node earns in an epoch in which it forfeited is lost with the rest: its share of that epoch. */
  #earn(earning: Earning, isAudited: boolean): void {
    const own = this.#account(earning.account)
    own.earned += earning.amount
    if (this.#forfeitedIn.get(earning.node) === this.#epoch) own.burned += earning.amount
    else {
      own.pending += earning.amount
      this.#pending.add(this.#epoch, earning, isAudited)
    }
  }

  #tick(entry: EpochEntry): void {
    if (entry.epoch <= this.#epoch) throw this.#broken(entry, `epoch ${entry.epoch} does not follow ${this.#epoch}`)
    if (this.#holdback !== undefined && entry.holdback !== this.#holdback)
      throw this.#broken(entry, `the holdback of ${this.#holdback} epochs changes to ${entry.holdback}`)
    this.#epoch = entry.epoch
    this.#holdback = entry.holdback
    for (const { account, amount } of this.#pending.mature(entry.epoch - entry.holdback)) {
      const own = this.#account(account)
      own.pending -= amount
      own.balance += amount
    }
  }

  #convict(entry: FaultEntry): void {
    this.#escrowOf(entry, entry.admissionLeaf)
    const isRepeat = entry.cause === 'wrong-part-again'
    if (isRepeat !== (entry.earlier !== null))
      throw this.#broken(entry, 'only a repeated fault names an earlier one, and it does')
    if (entry.earlier !== null && this.#faults.get(entry.earlier)?.node !== entry.node)
      throw this.#broken(entry, `entry ${entry.earlier} is no fault of node ${entry.node}`)
    this.#faults.set(this.#size, entry)
  }

  #forfeit(entry: ForfeitEntry): void {
    const fault = this.#faults.get(entry.fault)
    if (fault?.node !== entry.node) throw this.#broken(entry, `entry ${entry.fault} is no fault of node ${entry.node}`)
    const isAll = FAULTS[fault.cause].pending === 'forfeit'
    const due = isAll ? this.stakeOf(entry.node) : this.doubtfulOf(entry.node)
    if (BigInt(entry.amount) !== due)
      throw this.#broken(entry, `${entry.amount} are forfeit and ${due} are ${isAll ? 'pending' : 'in doubt'}`)
    const lost = isAll ? this.#pending.forfeit(entry.node) : this.#pending.forfeitDoubtful(entry.node)
    for (const { account, amount } of lost) {
      const own = this.#account(account)
      own.pending -= amount
      own.burned += amount
    }
    if (isAll) this.#forfeitedIn.set(entry.node, this.#epoch)
  }

  #refund(entry: LogEntry, admissionLeaf: number, amount: bigint): void {
    const escrow = this.#escrowOf(entry, admissionLeaf)
    this.#take(entry, escrow, amount)
    this.#account(escrow.account).balance += amount
  }

  #take(entry: LogEntry, escrow: Escrow, amount: bigint): void {
    if (amount > escrow.left) throw this.#broken(entry, `${amount} leave an escrow of ${escrow.left}`)
    escrow.left -= amount
    this.#account(escrow.account).escrowed -= amount
  }

  #escrowOf(entry: LogEntry, admissionLeaf: number): Escrow {
    const escrow = this.#escrows.get(admissionLeaf)
    if (escrow === undefined) throw this.#broken(entry, `entry ${admissionLeaf} is no admission before it`)
    return escrow
  }

  #account(key: PublicKey): Account {
    const known = this.#accounts.get(key)
    if (known !== undefined) return known
    const account = { ...NOTHING }
    this.#accounts.set(key, account)
    return account
  }

  #broken(entry: LogEntry, rule: string): LedgerRuleError {
    return new LedgerRuleError(this.#size, entry.type, rule)
  }
}

/** The books after all of `entries`, from the genesis on. Throws {@link LedgerRuleError} at the first that breaks a rule. */
export function replay(entries: Iterable<LogEntry>): Ledger {
  const ledger = new Ledger()
  for (const entry of entries) ledger.apply(entry)
  return ledger
}

/** An entry of the log breaks a rule of the ledger: the coordinator that signed it did wrong. */
export class LedgerRuleError extends AppError {
  override readonly name = 'ledger.Rule'
  constructor(index: number, type: LogEntry['type'], rule: string) {
    super('hostile', `Entry ${index} of the log, a ${type}, breaks a rule: ${rule}.`)
  }
}
