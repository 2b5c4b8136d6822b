// What the command line keeps between runs, in $XDG_CONFIG_HOME/commonwatt: the account's key and the networks it has met.
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fromHex, isHex, toHex } from '#core/bytes.ts'
import { type Digest, DIGEST_BYTES } from '#core/digest.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'

/** Bytes of an Ed25519 secret. */
const SECRET_BYTES = 32

/** Addresses remembered: a list that only people add to, bounded all the same. */
const MAX_NETWORKS = 1000

/** The folder, created when it is missing, for this user alone. */
async function settingsFolder(): Promise<string> {
  const base = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  const folder = join(base, 'commonwatt')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** The account's signer; its key is created on first use. Throws {@link AccountFileError} when the file holds something else. */
export async function openAccountKey(): Promise<{ signer: Signer; path: string; isNew: boolean }> {
  const path = join(await settingsFolder(), 'account')
  const text = await readFile(path, 'utf8').catch(ignoreMissing)
  if (text !== undefined) {
    if (!isHex(text.trim(), SECRET_BYTES)) throw new AccountFileError(path)
    return { signer: signerFromSecret(fromHex(text.trim(), SECRET_BYTES)), path, isNew: false }
  }
  const secret = systemRandom.bytes(SECRET_BYTES)
  try {
    // `wx`: of two first runs at once, one key wins and both use it.
    await writeFile(path, `${toHex(secret)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return openAccountKey()
  }
  return { signer: signerFromSecret(secret), path, isNew: true }
}

/** The network that answered at `url` the first time, if it is known. */
export async function knownNetwork(url: string): Promise<Digest | undefined> {
  return (await readNetworks()).get(new URL(url).href)
}

/** Remembers which network answers at `url`. */
export async function rememberNetwork(url: string, network: Digest): Promise<void> {
  const networks = await readNetworks()
  if (networks.get(new URL(url).href) === network) return
  networks.set(new URL(url).href, network)
  const path = await networksPath()
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify(Object.fromEntries([...networks].slice(-MAX_NETWORKS)), null, 2)}\n`)
  await syncFile(temporary)
  await rename(temporary, path)
}

/** Where the networks are remembered: for messages. */
export async function networksPath(): Promise<string> {
  return join(await settingsFolder(), 'networks.json')
}

async function readNetworks(): Promise<Map<string, Digest>> {
  const text = await readFile(await networksPath(), 'utf8').catch(ignoreMissing)
  if (text === undefined) return new Map()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return new Map()
  }
  const entries = Object.entries(value ?? {}).filter(
    (entry): entry is [string, Digest] => typeof entry[1] === 'string' && isHex(entry[1], DIGEST_BYTES),
  )
  return new Map(entries)
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.sync()
  await file.close()
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}

/** The account's file does not hold a key. It is never overwritten. */
export class AccountFileError extends AppError {
  override readonly name = 'cli.AccountFile'
  constructor(path: string) {
    super('input', `${path} does not hold an account key (64 hex digits): move it away to get a new account.`)
  }
}
