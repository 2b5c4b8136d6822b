// Tables of the coordinator's store as Kysely sees them. Amounts are numeric(40,0) in atto-credit and read as bigint, times are int8
// in Unix milliseconds, ids are lower-case hex that the application made. Nothing here needs more than plain PostgreSQL.
import type { ColumnType, Kysely } from 'kysely'

type Int8 = ColumnType<bigint, bigint | number, bigint | number>
type Amount = ColumnType<bigint, bigint, bigint>

/** Every table. */
export type Schema = {
  accounts: {
    account: string
    balance: Amount
    escrowed: Amount
    pending: Amount
    earned: Amount
    burned: Amount
    granted: Amount
    opened_ms: Int8
  }
  contents: {
    content: string
    size_bytes: Int8
    announced_ms: Int8
    completed_ms: Int8 | null
    used_ms: Int8
  }
  jobs: {
    job: string
    account: string
    body: string
    state: string
    admission_leaf: Int8
    salt: string
    price: Amount
    escrowed: Amount
    submitted_ms: Int8
    deadline_ms: Int8
    finished_ms: Int8 | null
    result: string | null
    error: string | null
    stages: string | null
    certificate: string | null
  }
  units: {
    job: string
    number: number
    unit: string
    body: string
    operations: Amount
    state: string
    attempt: number
    failures: number
    certificate: string | null
    leaves: string | null
  }
  certificates: { certificate: string; job: string; number: number; body: string }
  faults: {
    fault: string
    node: string
    job: string
    log_index: Int8
    body: string
    at_ms: Int8
    cause: string
    kind: string
    lease: string
    unit: string
  }
  receipts: {
    log_index: Int8
    account: string
    job: string
    unit: string
    certificate: string
    amount: Amount
    reason: string
    at_ms: Int8
  }
  disputes: { dispute: string; job: string; unit: string; body: string; at_ms: Int8 }
  pending: { node: string; account: string; epoch: Int8; amount: Amount; doubtful: Amount }
  ledger_epoch: { id: number; epoch: Int8; holdback: number }
  models: { content: string; account: string; size_bytes: Int8; description: string; registered_ms: Int8 }
  nodes: {
    node: string
    payee: string
    tier: number
    backend: string
    adapter: string
    rated_mops: Int8
    units_done: number
    faults: number
    banned_until_ms: Int8
    forfeited_epoch: Int8 | null
    seen_ms: Int8
  }
  beats: { node: string; slot: Int8; state: string; beat: string; witness: string | null }
  secret_chains: { anchor: string; first_epoch: Int8; chain_length: number; period_ms: Int8; log_index: Int8 }
  epoch_secrets: { epoch: Int8; secret: string; log_index: Int8 }
  rosters: { root: string; log_index: Int8; nodes: string }
  board: {
    account: string
    name: string | null
    look: string | null
    team: string | null
    statement: string
    issued_ms: Int8
  }
  site_days: { site: string; account: string; day: Int8; units: Int8; amount: Amount }
  trust: { subject: string; streak: Int8 }
  log_head: { id: number; size: Int8 }
  log_entries: { log_index: Int8; entry: Uint8Array; at_ms: Int8 }
  log_tiles: { level: number; position: Int8; hashes: Uint8Array }
  log_delegations: { delegation: string; salt: string }
  beat_summaries: { epoch: Int8; salt: string; body: string }
  log_cosignatures: { size: Int8; witness: string; line: string }
  log_checkpoints: { size: Int8; root: string; note: string }
}

/** The database or a transaction on it: every function of the store takes one as its first argument. */
export type Db = Kysely<Schema>
