// The coordinator's side of epoch secrets: commits to a chain before its first epoch, tells the present secret to draws alone, and reveals it
// in the log when the epoch is over. The chain's seed lies in the data directory, readable by its owner only.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isHex } from '#core/bytes.ts'
import type { Clock } from '#core/clock.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { type EpochSecret, chainOf, chainSeed, drawEpochOf, secretOf } from '#verify/epoch-secret.ts'
import type { TransparencyLog } from '#coordinator/log/transparency-log.ts'
import { type ChainRow, insertChain, insertSecret, lastChain, secretFrom } from '#coordinator/store/draws.ts'
import type { Store } from '#coordinator/store/store.ts'

/** Epochs of one chain: a day of minutes. A longer one takes longer to open and to check. */
export const CHAIN_EPOCHS = 1_440

/** What secrets are made of. */
export type SecretsParts = {
  readonly dataDir: string
  readonly store: Store
  readonly log: TransparencyLog
  readonly clock: Clock
  readonly random: Random
  readonly periodMs: number
  readonly report: (error: unknown) => void
}

type OpenChain = { readonly chain: ChainRow; readonly seed: Digest }

/** Secrets of the draw epochs. Close it. */
export class EpochSecrets {
  readonly #parts: SecretsParts
  #open: OpenChain | undefined
  /** The chain before: what was closed under it may still be audited. */
  #before: OpenChain | undefined
  #opening: Promise<OpenChain> | undefined
  #used: number
  #cancel = () => {}
  #revealing: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(parts: SecretsParts) {
    this.#parts = parts
    // What was drawn before a restart waits for its secret too.
    this.#used = drawEpochOf(parts.clock.nowMs(), parts) - 1
  }

  /** Opens the chain of the present epoch, or begins one. */
  static async open(parts: SecretsParts): Promise<EpochSecrets> {
    const secrets = new EpochSecrets(parts)
    await secrets.#chain()
    secrets.#keep()
    return secrets
  }

  /** Whose secrets are being used: their epochs' length. */
  get periodMs(): number {
    return this.#parts.periodMs
  }

  /** The secret of the present epoch, for draws that are made now. It is revealed when the epoch is over. */
  async current(): Promise<EpochSecret> {
    const { chain, seed } = await this.#chain()
    const epoch = drawEpochOf(this.#parts.clock.nowMs(), this.#parts)
    this.#used = Math.max(this.#used, epoch)
    return { epoch, secret: secretOf(seed, chain, epoch) }
  }

  /** The secret of `epoch`, for what is bound to an earlier draw. Throws a RangeError when it is of neither this chain nor the one before. */
  async secretOf(epoch: number): Promise<Digest> {
    const open = await this.#chain()
    const before = this.#before
    const { chain, seed } = before !== undefined && isWithin(before.chain, epoch) ? before : open
    this.#used = Math.max(this.#used, epoch)
    return secretOf(seed, chain, epoch)
  }

  /** Reveals nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#revealing.catch(() => undefined)
  }

  /** The chain of the present epoch. */
  async #chain(): Promise<OpenChain> {
    const epoch = drawEpochOf(this.#parts.clock.nowMs(), this.#parts)
    if (this.#open !== undefined && isWithin(this.#open.chain, epoch)) return this.#open
    this.#opening ??= this.#openChain(epoch).finally(() => (this.#opening = undefined))
    return this.#opening
  }

  async #openChain(epoch: number): Promise<OpenChain> {
    const { store, dataDir } = this.#parts
    const chain = await lastChain(store.db)
    const seed = await readSeed(dataDir)
    const known =
      chain !== null && seed !== null && chainOf(seed, chain).anchor === chain.anchor ? { chain, seed } : undefined
    const isPresent = known !== undefined && isWithin(known.chain, epoch)
    if (isPresent && known.chain.periodMs === this.#parts.periodMs) return (this.#open = known)
    // Nobody draws by that chain any more: its last secret, before the seed is overwritten, lets everyone check what was.
    if (known !== undefined) await this.#revealLast(known)
    this.#before = this.#open
    return (this.#open = await this.#begin(epoch))
  }

  async #begin(first: number): Promise<OpenChain> {
    const { dataDir, random, log, periodMs } = this.#parts
    const seed = chainSeed(random)
    // The seed is on disk before the log commits to it: a chain whose seed is lost could never be revealed.
    await writeSeed(dataDir, seed)
    const chain = chainOf(seed, { first, length: CHAIN_EPOCHS, periodMs })
    const row = await log.transaction(async (tx, append) => {
      const logIndex = await append({ type: 'secret-chain', ...chain })
      await insertChain(tx, { ...chain, logIndex })
      return { ...chain, logIndex }
    })
    return { chain: row, seed }
  }

  /** Reveals the secret of what was used, at every epoch's end. */
  #keep(): void {
    const { clock, periodMs, report } = this.#parts
    const leftMs = periodMs - (clock.nowMs() % periodMs)
    this.#cancel = clock.after(leftMs, () => {
      this.#revealing = this.#revealOver().catch(report)
      this.#keep()
    })
  }

  async #revealOver(): Promise<void> {
    const { clock } = this.#parts
    const { chain, seed } = await this.#chain()
    const over = drawEpochOf(clock.nowMs(), this.#parts) - 1
    const epoch = Math.min(over, this.#used)
    if (!this.#isClosed && isWithin(chain, epoch)) await this.#reveal(chain, epoch, secretOf(seed, chain, epoch))
  }

  async #revealLast({ chain, seed }: OpenChain): Promise<void> {
    const epoch = Math.min(drawEpochOf(this.#parts.clock.nowMs(), chain), chain.first + chain.length - 1)
    if (isWithin(chain, epoch)) await this.#reveal(chain, epoch, secretOf(seed, chain, epoch))
  }

  async #reveal(chain: ChainRow, epoch: number, secret: Digest): Promise<void> {
    const { store, log } = this.#parts
    if ((await secretFrom(store.db, chain, epoch)) !== null) return
    await log.transaction(async (tx, append) => {
      const logIndex = await append({ type: 'epoch-secret', epoch, secret })
      await insertSecret(tx, { epoch, secret, logIndex })
    })
  }
}

function isWithin({ first, length }: ChainRow, epoch: number): boolean {
  return epoch >= first && epoch < first + length
}

function seedPath(dataDir: string): string {
  return join(dataDir, 'draw-seed')
}

async function readSeed(dataDir: string): Promise<Digest | null> {
  try {
    const text = (await readFile(seedPath(dataDir), 'utf8')).trim()
    if (!isHex(text, DIGEST_BYTES)) throw new SeedFileError(seedPath(dataDir))
    return text as Digest
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

async function writeSeed(dataDir: string, seed: Digest): Promise<void> {
  const temporary = `${seedPath(dataDir)}.new`
  await writeFile(temporary, seed, { mode: 0o600 })
  await rename(temporary, seedPath(dataDir))
}

/** The file of the chain's seed is damaged. */
export class SeedFileError extends AppError {
  override readonly name = 'coordinator.SeedFile'
  constructor(path: string) {
    super(
      'input',
      `The file ${path} does not hold ${2 * DIGEST_BYTES} hex digits: restore it, or remove it to begin a new chain.`,
    )
  }
}
