// An Ed25519 secret in a file of its own, readable by its owner only. It is never overwritten and goes nowhere else.
import { readFile, writeFile } from 'node:fs/promises'
import { fromHex, isHex, toHex } from '#core/bytes.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'

/** Bytes of an Ed25519 secret (RFC 8032 section 5.1.5). */
const SECRET_BYTES = 32

/** The key in the file at `path`, made on the first call. Throws {@link KeyFileError} when the file holds something else. */
export async function openKeyFile(path: string): Promise<{ signer: Signer; isNew: boolean }> {
  const kept = await readSecret(path)
  if (kept !== undefined) return { signer: signerFromSecret(kept), isNew: false }
  const secret = systemRandom.bytes(SECRET_BYTES)
  try {
    // `wx`: of two first runs at once one key wins, and both use it.
    await writeFile(path, `${toHex(secret)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return openKeyFile(path)
  }
  return { signer: signerFromSecret(secret), isNew: true }
}

async function readSecret(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (!isHex(text, SECRET_BYTES)) throw new KeyFileError(path)
  return fromHex(text, SECRET_BYTES)
}

/** A file does not hold a key. */
export class KeyFileError extends AppError {
  override readonly name = 'cli.KeyFile'
  constructor(path: string) {
    super('input', `${path} does not hold a key (64 hex digits): move it away to get a new one.`)
  }
}
