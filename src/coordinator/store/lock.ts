// One process per data directory: two on one embedded database silently lose rows. The lock names its holder, so that the lock of a
// killed process is taken over at once instead of after its time limit.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import { AppError } from '#core/errors.ts'

/** A held lock. `onLost` promises resolve when another process took it over: the holder must stop at once. */
export type DirectoryLock = { release(): Promise<void>; readonly lost: Promise<Error> }

/** Age after which a lock without updates counts as abandoned even if its holder cannot be asked. */
const STALE_MS = 15_000

type Holder = { pid: number; host: string }

/** Locks `dir`. Throws {@link DirectoryLockedError} while another process holds it. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const holderFile = join(dir, 'holder.json')
  const lockPath = join(dir, 'lock')
  let reportLoss: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (reportLoss = resolve))
  const take = () =>
    lockfile.lock(dir, { lockfilePath: lockPath, stale: STALE_MS, update: STALE_MS / 3, onCompromised: reportLoss })
  let release: () => Promise<void>
  try {
    release = await take()
  } catch (error) {
    if (!isLocked(error)) throw error
    const holder = await readHolder(holderFile)
    if (holder === null || !isGone(holder)) throw new DirectoryLockedError(dir, holder)
    await rm(lockPath, { recursive: true, force: true })
    release = await take()
  }
  await writeFile(holderFile, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder))
  return { release: () => releaseIfHeld(release), lost }
}

async function releaseIfHeld(release: () => Promise<void>): Promise<void> {
  try {
    await release()
  } catch (error) {
    // A lock that was lost is not ours to give back.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ERELEASED' && code !== 'ENOTACQUIRED') throw error
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ELOCKED'
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return null
    const { pid, host } = value as Partial<Holder>
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : null
  } catch {
    return null
  }
}

function isGone(holder: Holder): boolean {
  // A lock of our own process is a second coordinator in it, not a leftover.
  if (holder.host !== hostname()) return false
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** Another process uses the data directory. */
export class DirectoryLockedError extends AppError {
  override readonly name = 'coordinator.DirectoryLocked'
  constructor(dir: string, holder: Holder | null) {
    const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`
    super('input', `The data directory ${dir} is in use by ${who}: stop it or choose another directory with --data.`)
  }
}
