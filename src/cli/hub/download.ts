// A model of the Hub -> files on this machine: only what a conversion reads, resumed where it broke off, each file checked against the digest
// that the Hub lists before it gets its name. Files are kept under their commit, so that nothing is fetched twice.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as v from 'valibot'
import { type HubFile, type HubModel, HubClient, type HubOptions } from './hub-client.ts'
import { HubError } from './hub-error.ts'
import type { HubReference } from './model-reference.ts'

/** Options of a download. */
export type DownloadOptions = HubOptions & {
  /** Where files are kept. */
  readonly folder: string
  /** Bytes that are here, of all. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Files beside the weights that a conversion reads. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
]
const WEIGHTS = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

/** Longest index: one of 100,000 tensors has about 10 MiB. */
const MAX_INDEX_BYTES = 16 * 2 ** 20

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) })

/** Brings the model here; gives the folder, or the GGUF file, to be converted. Throws {@link HubError}. */
export async function downloadModel(reference: HubReference, options: DownloadOptions): Promise<string> {
  const { repository, revision, file } = reference
  const client = new HubClient(options)
  const inside = file === null || dirname(file) === '.' ? '' : dirname(file)
  const model = await client.list(repository, revision, inside)
  const folder = join(options.folder, repository.replace('/', '--'), model.commit)
  await mkdir(folder, { recursive: true })
  const fetchOne = (one: HubFile, done: number, total: number) =>
    fetchFile(client, { repository, model, folder, file: one }, options, (bytes) =>
      options.onProgress?.(done + bytes, total),
    )
  const wanted =
    file === null ? await wantedFiles(model, folder, fetchOne, repository) : [named(model, file, repository)]
  const total = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let done = 0
  for (const one of wanted) {
    await fetchOne(one, done, total)
    done += one.sizeBytes
  }
  const [first] = wanted
  return first !== undefined && isGgufName(first.path) ? localPath(folder, first) : folder
}

type FetchOne = (file: HubFile, done: number, total: number) => Promise<void>

/** Configuration, tokenizer and safetensors, or the only GGUF file where there are none. */
async function wantedFiles(
  model: HubModel,
  folder: string,
  fetchOne: FetchOne,
  repository: string,
): Promise<HubFile[]> {
  const find = (name: string) => model.files.find(({ path }) => path === name)
  const small = SMALL_FILES.flatMap((name) => find(name) ?? [])
  const index = find(INDEX)
  if (index !== undefined) {
    if (index.sizeBytes > MAX_INDEX_BYTES)
      throw new HubError('input', `${INDEX} has ${index.sizeBytes} bytes, more than ${MAX_INDEX_BYTES}.`)
    await fetchOne(index, 0, index.sizeBytes)
    const shards = await shardNames(localPath(folder, index))
    return [...small, index, ...shards.map((name) => named(model, name, repository))]
  }
  const weights = find(WEIGHTS)
  if (weights !== undefined) return [...small, weights]
  const packed = model.files.filter(({ path }) => isGgufName(path))
  const [only, other] = packed
  if (only === undefined) throw new HubError('input', `${repository} has neither safetensors nor GGUF files.`)
  if (other !== undefined) throw new HubError('input', severalMessage(repository, packed))
  return [only]
}

async function shardNames(path: string): Promise<string[]> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new HubError('input', `${INDEX} is not JSON.`, { cause })
  }
  const parsed = v.safeParse(indexSchema, json)
  if (!parsed.success) throw new HubError('input', `${INDEX} is wrong: ${parsed.issues[0].message}.`)
  return [...new Set(Object.values(parsed.output.weight_map))].sort()
}

type Fetched = {
  readonly repository: string
  readonly model: HubModel
  readonly folder: string
  readonly file: HubFile
}

/** Brings one file here, unless it is. `onBytes` is told how many of its bytes are. */
async function fetchFile(
  client: HubClient,
  { repository, model, folder, file }: Fetched,
  options: DownloadOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const path = localPath(folder, file)
  if ((await sizeOf(path)) === file.sizeBytes) return onBytes(file.sizeBytes)
  const partial = `${path}.part`
  // More than there should be is not a beginning of it.
  if (((await sizeOf(partial)) ?? 0) > file.sizeBytes) await rm(partial)
  const handle = await open(partial, 'a')
  try {
    let at = (await handle.stat()).size
    onBytes(at)
    for await (const bytes of client.read(repository, model.commit, file, at)) {
      options.signal.throwIfAborted()
      await handle.appendFile(bytes)
      at += bytes.length
      onBytes(at)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  const digest = await digestOf(partial, file)
  if (digest !== file.digest.hex) {
    await rm(partial)
    throw new HubError(
      'hostile',
      `${file.path} has the digest ${digest} where the Hub lists ${file.digest.hex}: it was thrown away.`,
    )
  }
  await rename(partial, path)
}

/** SHA-256, or what git calls the file: SHA-1 of its size and bytes. */
async function digestOf(path: string, { digest, sizeBytes }: HubFile): Promise<string> {
  const hash = createHash(digest.algorithm === 'git' ? 'sha1' : 'sha256')
  if (digest.algorithm === 'git') hash.update(`blob ${sizeBytes}\0`)
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array)
  return hash.digest('hex')
}

function named({ files }: HubModel, name: string, repository: string): HubFile {
  const file = files.find(({ path }) => path === name)
  if (file === undefined) throw new HubError('input', `There is no file ${name.slice(0, 200)} in ${repository}.`)
  return file
}

/** A path below the folder of the commit, whatever the Hub calls the file. */
function localPath(folder: string, { path }: HubFile): string {
  const name = basename(path)
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
    throw new HubError('input', `The file name "${name.slice(0, 200)}" is not usable.`)
  return join(folder, name)
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  )
}

function isGgufName(path: string): boolean {
  return /\.gguf$/i.test(path)
}

function severalMessage(repository: string, files: readonly HubFile[]): string {
  const names = files.map(({ path }) => path).slice(0, 20)
  return `${repository} has several GGUF files; say which, as in hf:${repository}/${names[0]}: ${names.join(', ')}.`
}
