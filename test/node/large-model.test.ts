// A model of 80 MB, more than a fault proof could ever hold, through a whole grid: two nodes in processes of their own that keep one file
// of it, and a verification on WebAssembly from the requester's own file. Runs where COMMONWATT_LARGE is set: it moves half a gigabyte.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { openModels } from '#coordinator/open-models.ts'
import { embedOnGrid } from '#cli/embedding.ts'
import { generateText, registerModel } from '#cli/generation.ts'
import { openProcessNode } from '#cli/process-node.ts'
import { type Client, type RegisteredModel, blobSource, connect } from '#sdk/index.ts'
import { layEmptyStore } from '../support/empty-store.ts'
import { largeModelFile } from '../support/large-model.ts'

const isWanted = (process.env['COMMONWATT_LARGE'] ?? '') !== ''
const closers: (() => Promise<unknown>)[] = []
const bugs: unknown[] = []
const file = isWanted ? largeModelFile('large') : new Uint8Array(0)

let url = ''
let client: Client
let model: RegisteredModel
let nodeFolder = ''

beforeAll(async () => {
  if (!isWanted) return
  const folder = await mkdtemp(join(tmpdir(), 'large-model-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const coordinator = await openCoordinator({
    dataDir: await layEmptyStore(join(folder, 'data')),
    report: (error) => bugs.push(error),
  })
  closers.push(() => coordinator.close())
  url = coordinator.url
  nodeFolder = join(folder, 'nodes')
  const { signal } = new AbortController()
  const nodes = await Promise.all(
    [1, 2].map((i) => openProcessNode({ url, folder: join(nodeFolder, `node-${i}`), signal })),
  )
  closers.push(() => Promise.all(nodes.map((node) => node.stop())))
  client = await connect(url)
  model = await registerModel(client, bytesSource(file))
}, 180_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
  expect(bugs).toEqual([])
}, 60_000)

test.skipIf(!isWanted)(
  'default: a text and a vector, and a check from the requester’s file',
  { timeout: 180_000 },
  async () => {
    expect(file.length).toBeGreaterThan(75_000_000)
    const request = { model, prompt: 'Once', maxTokens: 3 }
    const { generated, outcome } = await generateText(client, request, {})
    expect(generated.tokens).toHaveLength(3)
    const contents = [blobSource(file)]
    const models = openModels()
    const { verdict } = await client.verify(outcome.certificateBytes, { recompute: true, models, contents })
    expect(verdict).toMatchObject({ ok: true })
    await models.close()

    // The nodes keep one file between them, and bring it once.
    const kept = await filesIn(join(nodeFolder, 'models'))
    expect(kept).toMatchObject([{ name: model.id }])
    const { vectors } = await embedOnGrid(client, model, ['Once upon', 'a time'])
    expect(vectors).toHaveLength(2)
    expect(await filesIn(join(nodeFolder, 'models'))).toEqual(kept)
  },
)

async function filesIn(folder: string) {
  const names = await readdir(folder)
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name))
      return { name, size, mtimeMs }
    }),
  )
}
