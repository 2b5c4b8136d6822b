// Balances as a pure function of the log: whoever replays the entries gets the coordinator's books, or the first entry that breaks a
// rule. Amounts are bigint atto-credit; nothing is created but by grants, and what was created is held, in escrow, or nowhere.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { AdmissionEntry, LogEntry, ReceiptEntry } from './entry.ts'

/** What one account has. `balance` can be spent; it does not include what is in escrow. */
export type AccountBalance = {
  readonly balance: bigint
  readonly escrowed: bigint
  readonly earned: bigint
  readonly granted: bigint
}

/** The escrow of one job, by the log index of its admission. `units` are the salted commitments to the units that were paid. */
type Escrow = { readonly account: PublicKey; left: bigint; readonly units: Set<Digest> }

type Account = { balance: bigint; escrowed: bigint; earned: bigint; granted: bigint }

const NOTHING: AccountBalance = { balance: 0n, escrowed: 0n, earned: 0n, granted: 0n }

/** The books of a network, entry by entry. */
export class Ledger {
  readonly #accounts = new Map<PublicKey, Account>()
  readonly #escrows = new Map<number, Escrow>()
  #size = 0
  #minted = 0n

  /** Entries applied so far: the log index of the next. */
  get size(): number {
    return this.#size
  }

  /** Everything ever granted. Equal to the sum of all balances and escrows, always. */
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
      case 'fault':
        this.#escrowOf(entry, entry.admissionLeaf)
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
    this.#take(entry, escrow, total)
    escrow.units.add(entry.unit)
    for (const { account, amount } of entry.payments) {
      const own = this.#account(account)
      own.balance += BigInt(amount)
      own.earned += BigInt(amount)
    }
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
