// What the command line keeps between runs, in $XDG_CONFIG_HOME/commonwatt: the account's key and the networks it has met.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isHex, toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, sha256 } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { openKeyFile } from './key-file.ts'

/** Addresses remembered; the oldest is forgotten first. */
const MAX_NETWORKS = 1000

/** The account's signer; its key is created on first use. */
export async function openAccountKey(): Promise<{ signer: Signer; path: string; isNew: boolean }> {
  const path = join(await settingsFolder(), 'account')
  return { path, ...(await openKeyFile(path)) }
}

/** The network that answered at `url` the last time, if it is known. */
export async function knownNetwork(url: string): Promise<Digest | undefined> {
  return (await readNetworks()).get(new URL(url).href)
}

/** Remembers which network answers at `url`. */
export async function rememberNetwork(url: string, network: Digest): Promise<void> {
  const { href } = new URL(url)
  const networks = await readNetworks()
  if (networks.get(href) === network) return
  networks.delete(href)
  networks.set(href, network)
  const path = await networksPath()
  const temporary = `${path}.${process.pid}`
  const text = JSON.stringify(Object.fromEntries([...networks].slice(-MAX_NETWORKS)), null, 2)
  await writeFile(temporary, `${text}\n`, { flush: true })
  await rename(temporary, path)
}

/** The note of the largest checkpoint that was seen of a network's log. */
export async function knownCheckpoint(network: Digest): Promise<string | undefined> {
  return readFile(await checkpointPath(network), 'utf8').catch(() => undefined)
}

/** Remembers it; runs at one moment may overwrite one another's, each of which was checked. */
export async function rememberCheckpoint(network: Digest, note: string): Promise<void> {
  const path = await checkpointPath(network)
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, note, { flush: true })
  await rename(temporary, path)
}

/** Keeps a proof against a coordinator; where. */
export async function keepProof(proof: Uint8Array): Promise<string> {
  const path = join(await settingsFolder(), `log-fork-${toHex(sha256(proof)).slice(0, 16)}.json`)
  await writeFile(path, proof)
  return path
}

async function checkpointPath(network: Digest): Promise<string> {
  return join(await settingsFolder(), `log-${network}.note`)
}

/** Where the networks are remembered: for messages. */
export async function networksPath(): Promise<string> {
  return join(await settingsFolder(), 'networks.json')
}

/** The folder, created when it is missing, for this user alone. */
async function settingsFolder(): Promise<string> {
  const folder = join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'commonwatt')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function readNetworks(): Promise<Map<string, Digest>> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(await networksPath(), 'utf8'))
  } catch {
    // Missing or broken: every network is met for the first time.
    return new Map()
  }
  const entries = Object.entries(value ?? {}).filter(
    (entry): entry is [string, Digest] => typeof entry[1] === 'string' && isHex(entry[1], DIGEST_BYTES),
  )
  return new Map(entries)
}
