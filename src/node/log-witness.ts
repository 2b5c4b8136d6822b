// A node as a witness of the log: whatever checkpoint it sees must extend the largest one it has seen, in this run or an earlier one. It
// cosigns what does, compares with its peers, and keeps the proof when a coordinator shows different logs.
import type { Clock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Checkpoint } from '#core/signed.ts'
import { cosign } from '#ledger/cosignature.ts'
import type { Fork } from '#ledger/fork.ts'
import type { Genesis } from '#ledger/genesis.ts'
import { type SeenCheckpoint, compareCheckpoints, remoteTiles, seenCheckpoint } from '#ledger/log-view.ts'
import { delay } from '#net/wait.ts'
import type { LogSource } from './log-source.ts'
import type { NewEvidence } from './evidence-store.ts'

/** Where the largest checkpoint is kept between runs. Neither call throws. */
export interface CheckpointPlace {
  load(): Promise<string | undefined>
  save(note: string): Promise<void>
}

/** What a witness is made of. */
export type WitnessParts = {
  readonly genesis: Genesis
  readonly signer: Signer
  readonly clock: Clock
  readonly source: LogSource
  readonly place: CheckpointPlace
  readonly keep: (evidence: NewEvidence) => Promise<void>
  /** Told when a later look finds that the log cannot be trusted. */
  readonly onBroken: (error: AppError) => void
}

/** A witness looks at the log this often, and when it hears of a larger one. */
export const LOOK_EVERY_MS = 60_000

/** A shorter log is looked at again this often before it counts: an answer may have been on its way. */
export const SHORTER_LOOKS = 3
const SHORTER_PAUSE_MS = 500

/** One node's view of one network's log. */
export class LogWitness {
  readonly #parts: WitnessParts
  readonly #tilesOf: ReturnType<typeof remoteTiles>
  #seen: SeenCheckpoint | undefined
  #looking: Promise<void> = Promise.resolve()
  #cancel = () => {}
  #isClosed = false
  #cosigned: number | undefined

  constructor(parts: WitnessParts) {
    this.#parts = parts
    this.#tilesOf = remoteTiles((path) => parts.source.read(path))
  }

  /** The largest checkpoint that was checked. */
  get seen(): SeenCheckpoint | undefined {
    return this.#seen
  }

  /** Remembers what earlier runs saw, holds the log against it, and goes on looking. Throws {@link ForkError}, {@link RollbackError}, {@link LogUnprovenError}. */
  async start(): Promise<void> {
    const kept = await this.#parts.place.load().catch(() => undefined)
    this.#seen = kept === undefined ? undefined : seenCheckpoint(kept, this.#parts.genesis)
    await this.look()
    this.#plan()
  }

  /** Looks at the log now. What cannot be reached is looked at later. Throws as {@link start} does. */
  async look(): Promise<void> {
    await this.#lookOrThrow().catch(unlessUnavailable)
  }

  /** A signed message of `signer` named this state of the log. True when the two have to compare notes. */
  contradicts({ size, root }: Checkpoint): boolean {
    const mine = this.#seen?.checkpoint
    return mine !== undefined && (size > mine.size || (size === mine.size && root !== mine.root))
  }

  /** Holds a note of `peer` against this view. Throws {@link ForkError}; a note that the coordinator did not sign counts as nothing. */
  async compare(note: string, peer: PublicKey): Promise<void> {
    const theirs = seenCheckpoint(note, this.#parts.genesis)
    if (theirs === undefined) return
    const { size } = theirs.checkpoint
    try {
      if (size > (this.#seen?.checkpoint.size ?? -1)) await this.#lookOrThrow()
      const mine = this.#seen
      if (mine === undefined) return
      // What the coordinator signed for the peer it does not show to this node: only the peer can prove more.
      if (size > mine.checkpoint.size) throw new RollbackError(size, mine.checkpoint.size)
      await this.#hold(theirs, mine, `node ${peer} was shown`)
    } catch (error) {
      unlessUnavailable(error)
    }
  }

  /** Ends the looking. */
  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  #plan(): void {
    if (this.#isClosed) return
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.look()
        .catch((error: unknown) => {
          if (error instanceof AppError) this.#parts.onBroken(error)
        })
        .finally(() => this.#plan())
    })
  }

  #lookOrThrow(): Promise<void> {
    const looking = this.#looking.catch(() => undefined).then(() => this.#look())
    this.#looking = looking
    return looking
  }

  async #look(): Promise<void> {
    for (let looks = 1; ; looks++) {
      const latest = seenCheckpoint(await this.#parts.source.checkpoint(), this.#parts.genesis)
      if (latest === undefined) throw new LogUnprovenError('its checkpoint is not signed by it')
      const seen = this.#seen
      if (seen === undefined || latest.checkpoint.size >= seen.checkpoint.size) return this.#take(latest)
      if (looks === SHORTER_LOOKS) throw new RollbackError(seen.checkpoint.size, latest.checkpoint.size)
      await delay(this.#parts.clock, SHORTER_PAUSE_MS)
    }
  }

  async #take(latest: SeenCheckpoint): Promise<void> {
    const seen = this.#seen
    if (seen !== undefined) await this.#hold(seen, latest, 'this node was shown')
    if (seen?.checkpoint.size !== latest.checkpoint.size) {
      this.#seen = latest
      await this.#parts.place.save(latest.note)
    }
    await this.#cosign(latest)
  }

  async #cosign({ text, checkpoint: { size } }: SeenCheckpoint): Promise<void> {
    if (this.#cosigned === size) return
    const { signer, clock, source } = this.#parts
    const line = await cosign(signer, text, Math.floor(clock.nowMs() / 1000))
    // Refused before this node is admitted, and tried with the next look; it changes nothing of what this node knows.
    await source.cosign(size, line).then(
      () => (this.#cosigned = size),
      () => undefined,
    )
  }

  async #hold(earlier: SeenCheckpoint, later: SeenCheckpoint, who: string): Promise<void> {
    const { genesis } = this.#parts
    const compared = await compareCheckpoints(genesis, [earlier, later], this.#tilesOf)
    if (compared.outcome === 'unproven')
      throw new LogUnprovenError(`it does not serve the log of ${later.checkpoint.size} entries that it signed`)
    if (compared.outcome === 'fork') await this.#convict(compared.fork, earlier.checkpoint, later.checkpoint, who)
  }

  async #convict(document: Fork, earlier: Checkpoint, later: Checkpoint, who: string): Promise<never> {
    const { genesis, clock, keep } = this.#parts
    const says = `the coordinator signed two logs: ${who} one of ${earlier.size} entries that the one of ${later.size} does not continue`
    await keep({ against: genesis.coordinator, says, atMs: clock.nowMs(), document })
    throw new ForkError(earlier.size, later.size)
  }
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error
}

/** The coordinator shows different logs; the proof is kept. */
export class ForkError extends AppError {
  override readonly name = 'node.LogFork'
  constructor(one: number, other: number) {
    super(
      'hostile',
      `The coordinator forked its public log: the log of ${other} entries does not continue the one of ${one}. ` +
        'The proof is kept; do not work for it before its operator has explained this.',
    )
  }
}

/** The log is shorter than it was. */
export class RollbackError extends AppError {
  override readonly name = 'node.LogRollback'
  constructor(had: number, has: number) {
    super(
      'hostile',
      `The coordinator's public log had ${had} entries and shows ${has} now: it was rolled back, or hides its newest part. ` +
        'Its operator has to explain this before anyone works for it.',
    )
  }
}

/** The coordinator does not stand by the log that it signed. */
export class LogUnprovenError extends AppError {
  override readonly name = 'node.LogUnproven'
  constructor(what: string) {
    super('hostile', `The coordinator does not stand by its public log: ${what}.`)
  }
}
