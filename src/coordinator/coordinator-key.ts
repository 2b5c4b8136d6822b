// The coordinator's Ed25519 key and the genesis that names it. The secret lives in the data directory, readable by its owner only, and
// goes nowhere else: never into a log, an answer or an error.
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, isHex, toHex } from '#core/bytes.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'

/** Bytes of an Ed25519 secret (RFC 8032 section 5.1.5). */
export const SECRET_BYTES = 32

/** The coordinator's key pair: the secret for libp2p, which makes its own key of it, and the signer for everything else. */
export type CoordinatorKey = { readonly secret: Uint8Array<ArrayBuffer>; readonly signer: Signer }

/** The key in `dir`, made on the first call. Throws {@link KeyFileError} when the file holds something else. */
export async function openCoordinatorKey(dir: string, random: Random): Promise<CoordinatorKey> {
  const path = join(dir, 'coordinator-key')
  const text = (await readIfThere(path)) ?? (await createKeyFile(path, random))
  if (!isHex(text, SECRET_BYTES)) throw new KeyFileError(path)
  const secret = fromHex(text, SECRET_BYTES)
  return { secret, signer: signerFromSecret(secret) }
}

async function createKeyFile(path: string, random: Random): Promise<string> {
  const text = toHex(random.bytes(SECRET_BYTES))
  const temporary = `${path}.${toHex(random.bytes(8))}`
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
  // A link, not a rename: a key that is there already is never replaced.
  await link(temporary, path)
  await rm(temporary)
  return text
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The key file is damaged. */
export class KeyFileError extends AppError {
  override readonly name = 'coordinator.KeyFile'
  constructor(path: string) {
    super('input', `The key file ${path} does not hold ${2 * SECRET_BYTES} hex digits: restore it from a copy.`)
  }
}
