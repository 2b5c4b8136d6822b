// A visitor's look at the public log: the newest checkpoint held against the one that was seen before, and entries each proven under it.
// Nothing that the coordinator says is believed: leaves are computed from the entries, and paths from tiles, up to the signed root.
import * as v from 'valibot'
import { fromUtf8 } from '#core/bytes.ts'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { type CborValue, encodeCbor } from '#core/cbor.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { leafDigest, verifyMerkleProof } from '#core/merkle.ts'
import { textSchema, uintSchema } from '#core/schema.ts'
import { openCheckpointNote } from '#ledger/checkpoint.ts'
import { cosignaturesOf } from '#ledger/cosignature.ts'
import { type LogEntry, logEntrySchema } from '#ledger/entry.ts'
import { MAX_FORK_BYTES } from '#ledger/fork.ts'
import type { LoggedEntry } from '#ledger/job-certificate.ts'
import { inclusionPath } from '#ledger/log-tree.ts'
import { remoteTiles } from '#ledger/log-view.ts'
import { TileError, tileNodes } from '#ledger/tiles.ts'
import type { Http } from '#sdk/http.ts'
import { LogForkedError, LogShorterError, LogUnprovenError, MAX_TILE_BYTES, checkLogContinues } from '#sdk/log-check.ts'
import { FIRST_TRIES, type NetworkInfo, fetchNetwork } from '#sdk/network.ts'
import { type LogSeen, decodeSeen, encodeSeen } from './log-seen.ts'

/** Where the visitor's browser keeps what it has seen of the log, and the last alarm: a coordinator that lied must not be able to make it go away. */
export interface LogMemory {
  load(place: MemoryPlace): Promise<string | undefined>
  save(place: MemoryPlace, text: string): Promise<void>
}

/** What is kept. */
export type MemoryPlace = 'seen' | 'alarm'

/** Why the log cannot be trusted, with a document that is worth keeping; `isProof` when it convicts the coordinator by itself. */
export type LogAlarm = {
  readonly kind: 'fork' | 'rollback' | 'unproven' | 'other-network'
  readonly says: string
  /** Canonical JSON. */
  readonly document: string
  readonly isProof: boolean
  /** False for one of an earlier look: the log continues now, and that does not undo it. */
  readonly isNow: boolean
}

/** The log as it is now. `remembered` is the size that was seen before, null at a first visit; `witnesses` cosigned the checkpoint. */
export type LogState = {
  readonly name: string
  readonly network: Digest
  readonly coordinator: PublicKey
  readonly size: number
  readonly root: Digest
  readonly note: string
  readonly witnesses: number
  readonly remembered: number | null
  readonly alarm: LogAlarm | null
}

/** Why an entry is not proven: not handed out, no entry at all, not the one in the log, or the log does not give its proof. */
export type Doubt = 'withheld' | 'no-entry' | 'not-in-log' | 'no-proof'

/** One entry with what was found: `doubt` is null when it is proven to be in the log. `entry` is null where its form is not known here. */
export type LogRow = {
  readonly index: number
  readonly entry: LogEntry | null
  /** The entry as it was handed out. */
  readonly json: string
  readonly leaf: Digest | null
  /** Digests from the leaf to the root. */
  readonly steps: number
  readonly doubt: Doubt | null
  /** What the log answered where it gave no proof; else empty. */
  readonly detail: string
}

/** Entries in one page. */
export const PAGE_ENTRIES = 50

/** A shorter log is looked at again this often before it counts: an answer may have been on its way. */
const SHORTER_LOOKS = 3
const SHORTER_PAUSE_MS = 500

/** An entry of 64 KiB, as JSON. */
const MAX_SHOWN_CHARS = 1 << 20

const entriesSchema = v.object({
  entries: v.pipe(v.array(v.object({ index: uintSchema(), entry: v.unknown() })), v.maxLength(PAGE_ENTRIES)),
})

const alarmSchema = v.object({
  kind: v.picklist(['fork', 'rollback']),
  says: textSchema(1_000),
  document: textSchema(MAX_FORK_BYTES),
  isProof: v.boolean(),
})

/** Reads one coordinator's log. */
export class LogReader {
  readonly http: Http
  readonly #memory: LogMemory
  readonly #tilesOf: ReturnType<typeof remoteTiles>
  #info: NetworkInfo | undefined
  #remembered: number | null = null

  constructor(http: Http, memory: LogMemory) {
    this.http = http
    this.#memory = memory
    this.#tilesOf = remoteTiles((path) => http.bytes(`/api/v1/log/${path}`, MAX_TILE_BYTES, { tries: FIRST_TRIES }))
  }

  /** The network as the last look found it. */
  async info(): Promise<NetworkInfo> {
    if (this.#info === undefined) await this.look()
    if (this.#info === undefined) throw new RangeError('A look ended without a network.')
    return this.#info
  }

  /** Fetches the newest checkpoint and holds it against what was seen before. What continues is remembered, what does not is an alarm. */
  async look(): Promise<LogState> {
    const seen = decodeSeen(await this.#memory.load('seen'))
    for (let looks = 1; ; looks++) {
      const info = await fetchNetwork(this.http, { tries: FIRST_TRIES })
      this.#info = info
      const alarm = seen === undefined ? null : await this.#compare(info, seen)
      if (alarm?.kind === 'rollback' && looks < SHORTER_LOOKS) {
        await this.http.pause(SHORTER_PAUSE_MS)
        continue
      }
      if (alarm === null) {
        this.#remembered ??= seen?.size ?? null
        await this.#remember(info)
        return this.#stateOf(info, decodeAlarm(await this.#memory.load('alarm')))
      }
      if (alarm.kind === 'fork' || alarm.kind === 'rollback') await this.#memory.save('alarm', JSON.stringify(alarm))
      return this.#stateOf(info, alarm)
    }
  }

  /** Forgets what was seen: the log as it is now is where the visitor begins. */
  async beginAnew(): Promise<LogState> {
    const info = await fetchNetwork(this.http, { tries: FIRST_TRIES })
    this.#info = info
    this.#remembered = null
    await this.#memory.save('alarm', '')
    await this.#remember(info)
    return this.#stateOf(info, null)
  }

  /** The entries before `end`, newest first, at most {@link PAGE_ENTRIES}, each proven or with the reason why not. */
  async page(end: number): Promise<LogRow[]> {
    const { checkpoint } = await this.info()
    const from = Math.max(0, Math.min(end, checkpoint.size) - PAGE_ENTRIES)
    const count = Math.min(end, checkpoint.size) - from
    if (count <= 0) return []
    const path = `/api/v1/log/entries?from=${from}&limit=${count}`
    const { entries } = await this.http.json(path, entriesSchema, { tries: FIRST_TRIES })
    const given = new Map(entries.map(({ index, entry }) => [index, entry]))
    const rows: LogRow[] = []
    for (let index = from + count - 1; index >= from; index--) rows.push(await this.#row(index, given.get(index)))
    return rows
  }

  /** Entry `index` and its path, proven. Throws {@link EntryUnprovenError}. */
  async entry(index: number): Promise<LoggedEntry<LogEntry>> {
    const { checkpoint } = await this.info()
    if (index >= checkpoint.size) throw new EntryUnprovenError(index, 'the log does not reach so far')
    const answer = await this.http.json(`/api/v1/log/entries?from=${index}&limit=1`, entriesSchema)
    const row = await this.#row(index, answer.entries.find((each) => each.index === index)?.entry)
    if (row.entry === null || row.doubt !== null)
      throw new EntryUnprovenError(index, row.doubt === null ? 'its form is unknown' : DOUBTS[row.doubt])
    return { index, entry: row.entry, path: await this.#path(index, checkpoint.size) }
  }

  async #row(index: number, given: unknown): Promise<LogRow> {
    const { checkpoint } = await this.info()
    const row = { index, entry: null, json: '', leaf: null, steps: 0, detail: '' }
    if (given === undefined) return { ...row, doubt: 'withheld' }
    // What is nested too deep for an entry is too deep to be shown.
    const bytes = encoded(given)
    if (bytes === undefined) return { ...row, doubt: 'no-entry' }
    const json = JSON.stringify(given, null, 2).slice(0, MAX_SHOWN_CHARS)
    const leaf = leafDigest(bytes)
    const parsed = v.safeParse(logEntrySchema, given)
    const shown = { index, entry: parsed.success ? parsed.output : null, json, leaf }
    try {
      const path = await this.#path(index, checkpoint.size)
      const isIn = verifyMerkleProof(leaf, index, checkpoint.size, path, checkpoint.root)
      return { ...shown, steps: path.length, doubt: isIn ? null : 'not-in-log', detail: '' }
    } catch (error) {
      if (!isMissingProof(error)) throw error
      return { ...shown, steps: 0, doubt: 'no-proof', detail: error.message }
    }
  }

  #path(index: number, size: number): Promise<Digest[]> {
    return inclusionPath(tileNodes(this.#tilesOf(size)), index, size)
  }

  async #compare(info: NetworkInfo, seen: LogSeen): Promise<LogAlarm | null> {
    const now = { network: info.network, size: info.checkpoint.size, note: info.note }
    const document = encodeCanonicalJson({ format: 'commonwatt/log-seen/v1', before: seen, now })
    const alarm = { document: fromUtf8(document), isProof: false, isNow: true }
    if (seen.network !== info.network)
      return { ...alarm, kind: 'other-network', says: otherNetwork(this.http.url, seen.network, info.network) }
    try {
      await checkLogContinues(this.http, info, seen.note)
      return null
    } catch (error) {
      if (error instanceof LogForkedError)
        return { kind: 'fork', says: error.message, document: fromUtf8(error.proof), isProof: true, isNow: true }
      if (error instanceof LogShorterError) return { ...alarm, kind: 'rollback', says: error.message }
      if (error instanceof LogUnprovenError || isMissingProof(error))
        return { ...alarm, kind: 'unproven', says: error.message }
      throw error
    }
  }

  async #remember({ network, checkpoint, note }: NetworkInfo): Promise<void> {
    await this.#memory.save('seen', encodeSeen({ network, size: checkpoint.size, note }))
  }

  #stateOf(info: NetworkInfo, alarm: LogAlarm | null): LogState {
    const { network, genesis, checkpoint, note } = info
    const { name, coordinator } = genesis
    const opened = openCheckpointNote(note, { network, coordinator })
    const witnesses = opened === undefined ? 0 : cosignaturesOf(opened.note).length
    return { name, network, coordinator, ...checkpoint, note, witnesses, remembered: this.#remembered, alarm }
  }
}

/** A kept alarm; null for none, and for a text that is not ours. */
function decodeAlarm(text: string | undefined): LogAlarm | null {
  if (text === undefined || text === '') return null
  try {
    const parsed = v.safeParse(alarmSchema, JSON.parse(text))
    return parsed.success ? { ...parsed.output, isNow: false } : null
  } catch {
    return null
  }
}

const DOUBTS: Readonly<Record<Doubt, string>> = {
  withheld: 'the coordinator did not hand it out',
  'no-entry': 'what was handed out cannot be an entry',
  'not-in-log': 'its digest does not lead to the signed root',
  'no-proof': 'the log does not give what proves it',
}

function encoded(entry: unknown): Uint8Array | undefined {
  try {
    return encodeCbor(entry as CborValue)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function isMissingProof(error: unknown): error is AppError {
  return error instanceof TileError || (error instanceof AppError && error.name === 'coordinator.NotFound')
}

function otherNetwork(url: string, before: Digest, now: Digest): string {
  return `${url} was network ${before.slice(0, 6)}… when you were here before and is network ${now.slice(0, 6)}… now.`
}

/** An entry that something rests on is not proven to be in the log. */
export class EntryUnprovenError extends AppError {
  override readonly name = 'sdk.EntryUnproven'
  constructor(index: number, reason: string) {
    super('hostile', `Entry ${index} of the log is not proven: ${reason}`)
  }
}
