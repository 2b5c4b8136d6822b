// Texts through a whole grid in this process: nodes in threads that agree on a generation, one that changes a token, and what is refused.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { utf8 } from '#core/bytes.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { systemRandom } from '#core/random.ts'
import { signMessage, verifyMessage } from '#core/signed.ts'
import { openCoordinatorKey } from '#coordinator/coordinator-key.ts'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { openModels } from '#coordinator/open-models.ts'
import { BATCH_TEXTS, embedOnGrid } from '#cli/embedding.ts'
import { findModel } from '#cli/find-model.ts'
import { generateText, registerModel } from '#cli/generation.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import type { WorkerHandle } from '#node/worker-link.ts'
import {
  type Client,
  type RegisteredModel,
  StreamContradictedError,
  blobSource,
  connect,
  verifyCertificate,
  verifyFault,
} from '#sdk/index.ts'
import { CERTIFICATE_TYPE } from '#verify/certificate.ts'
import type { PartSource } from '#verify/content-file.ts'
import { verifyCertificate as verifyUnitCertificate } from '#verify/verify-certificate.ts'
import { MissingFileError, decodeFaultProof, verifyFaultProof } from '#verify/fault-proof.ts'
import { PROGRESS_TYPE } from '#verify/progress.ts'
import { generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import { runCommandLine } from '../support/command-line.ts'
import { ODD_SHAPE, randomModel } from '#model/random-model.ts'
import { newDataDir } from '../support/empty-store.ts'
import { fastestWorker } from '../support/misbehaving-nodes.ts'
import { byteCard, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const PATIENCE_MS = 60_000
const bugs: unknown[] = []
const closers: (() => Promise<unknown>)[] = []
const file = await tinyModelFile('grid')
const other = await tinyModelFile('another')

let url = ''
let client: Client
let model: RegisteredModel

let coordinatorDir = ''

beforeAll(async () => {
  const dataDir = await newDataDir('generate')
  closers.push(() => rm(dataDir, { recursive: true, force: true }))
  coordinatorDir = dataDir
  const coordinator = await openCoordinator({ dataDir, report: (error) => bugs.push(error) })
  closers.push(() => coordinator.close())
  url = coordinator.url
  await Promise.all([openNode(), openNode()])
  client = await connect(url)
  model = await registerModel(client, bytesSource(file))
}, 120_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
  expect(bugs).toEqual([])
}, 60_000)

async function openNode(change: Partial<NodeParts> = {}): Promise<NodeContribution> {
  const signer = signerFromSecret(systemRandom.bytes(32))
  const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
  const node = startNode({ ...processParts({ coordinator: url, consent, signer }), ...change })
  closers.push(() => node.stop())
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(JSON.stringify(node.state))), PATIENCE_MS)
    const stop = node.onChange((state) => {
      if (state.phase !== 'waiting') return
      clearTimeout(timer)
      stop()
      resolve()
    })
  })
  return node
}

/** A worker that computes and then says another first token. */
function changedTokenWorker(): WorkerHandle {
  const handle = openThreadWorker()
  const run: WorkerHandle['api']['run'] = async (task, unit, inputs) => {
    const result = await handle.api.run(task, unit, inputs)
    if (unit.kind !== 'generate') return result
    const parts = result.parts.map((part, i) => (i === 0 ? part.with(8, (part[8] ?? 0) ^ 1) : part))
    const leaves = parts.map((part) => leafDigest(part))
    return { ...result, parts, leaves, root: merkleRoot(leaves) }
  }
  return { ...handle, api: { ...handle.api, run } }
}

test('default: two nodes agree on a text, and one prefill checks it', { timeout: 120_000 }, async () => {
  const request = { model, prompt: 'Once upon a time', maxTokens: 24 }
  const { generated, outcome, promptTokens } = await generateText(client, request, {})
  expect(promptTokens).toBe(16)
  expect(generated).toMatchObject({ finishReason: 'length', tokens: { length: 24 }, positions: { length: 39 } })
  expect(outcome.certificate.units[0]?.body).toMatchObject({ assurance: 'audited' })
  const verification = await client.verify(outcome.certificateBytes, { recompute: true, models: openModels() })
  expect(verification.verdict).toMatchObject({ ok: true })
  // Without WebAssembly the reference says the same.
  expect((await client.verify(outcome.certificateBytes, { recompute: true })).verdict).toMatchObject({ ok: true })
  // A text is never tolerant, even if the coordinator itself says so.
  const [unit] = outcome.certificate.units
  if (unit === undefined) throw new Error('The job has no unit.')
  const { signer } = await openCoordinatorKey(coordinatorDir, systemRandom)
  const claimed = { ...unit.body, assurance: 'tolerant' } as const
  const tolerant = await signMessage(signer, CERTIFICATE_TYPE, unit, claimed)
  const authority = { network: unit.network, coordinator: unit.signer }
  expect(await verifyUnitCertificate(unit, authority)).toMatchObject({ ok: true })
  expect(await verifyUnitCertificate(tolerant, authority)).toMatchObject({
    ok: false,
    check: 'assurance',
    reason: expect.stringContaining('claims tolerant') as string,
  })
  const again = await generateText(client, request, {})
  expect(again.generated.tokens).toEqual(generated.tokens)
})

test(
  'default: two nodes agree on the vectors of texts, in several jobs, and another pass checks them',
  { timeout: 120_000 },
  async () => {
    const texts = Array.from({ length: BATCH_TEXTS + 2 }, (_, i) => `Text ${i % 7}`)
    const heard: number[] = []
    const { vectors, tokens, outcomes } = await embedOnGrid(client, model, texts, {
      onProgress: (done) => heard.push(done),
    })
    expect({ texts: vectors.length, tokens, jobs: outcomes.length }).toEqual({ texts: 130, tokens: 130 * 6, jobs: 2 })
    expect(vectors[128]).toEqual(vectors[2])
    expect(vectors[1]).not.toEqual(vectors[2])
    expect(heard.at(-1)).toBe(130)
    for (const { certificate, certificateBytes } of outcomes) {
      expect(certificate.units[0]?.body).toMatchObject({ assurance: 'audited' })
      const { verdict } = await client.verify(certificateBytes, { recompute: true, models: openModels() })
      expect(verdict).toMatchObject({ ok: true })
    }
  },
)

test.each([
  ['an empty text', ['fine', ''], 'Text 2 is empty'],
  ['a text past the context', ['x'.repeat(257)], 'Text 1 has 257 tokens'],
  ['half a surrogate pair', ['\ud800'], 'surrogate'],
])('error: %s is not embedded', async (_, texts, part) => {
  await expect(embedOnGrid(client, model, texts)).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringContaining(part) as string,
  })
})

test('default: run embed writes vectors of a file of texts and their certificate', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'embed-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  const run = (...args: string[]) =>
    runCommandLine(['run', 'embed', '--model', model.name, '--coordinator', url, ...args], path('home'))
  await writeFile(path('texts.jsonl'), '"one"\n{"text": "two", "id": 7}\n\n"one"\n')
  const npy = ['--out', path('v.npy'), '--certificate', path('cert.json'), '--json']
  const ended = await run('--file', path('texts.jsonl'), ...npy)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toMatchObject({
    texts: 3,
    tokens: 9,
    components: 32,
    jobs: [{ certificate: path('cert.json') }],
  })
  const vectors = await readFile(path('v.npy'))
  expect(vectors.length).toBe(128 + 3 * 32 * 4)
  const row = (i: number) => vectors.subarray(128 + i * 128, 256 + i * 128)
  expect(row(0)).toEqual(row(2))
  expect(row(0)).not.toEqual(row(1))
  const verdict = await verifyCertificate(new Uint8Array(await readFile(path('cert.json'))))
  expect(verdict.verdict).toMatchObject({ ok: true })
  const printed = JSON.parse((await run('--text', 'one')).stdout) as number[]
  expect(printed.map((value) => Math.fround(value))).toEqual([...new Float32Array(Uint8Array.from(row(0)).buffer)])

  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('--text') as string })
})

test('option: a temperature and a seed', { timeout: 120_000 }, async () => {
  const request = (seed: bigint) => ({ model, prompt: 'Once', maxTokens: 32, sampling: { temperature: 1500, seed } })
  const first = await generateText(client, request(1n), {})
  const second = await generateText(client, request(2n), {})
  expect(second.generated.tokens).not.toEqual(first.generated.tokens)
  const { certificateBytes } = second.outcome
  const { verdict } = await client.verify(certificateBytes, { recompute: true, models: openModels() })
  expect(verdict).toMatchObject({ ok: true })
})

test('behaviour: a changed token is proven, offline too', { timeout: 180_000 }, async () => {
  const liar = await openNode({ openWorker: changedTokenWorker })
  let dispute: { proof?: string; node?: string } | undefined
  // The draw is random: one of a few jobs has the liar in it.
  for (let attempt = 0; attempt < 16 && dispute === undefined; attempt++) {
    const prompt = `Attempt ${attempt}`
    const { outcome } = await generateText(client, { model, prompt, maxTokens: 8 }, {})
    expect((await verifyCertificate(outcome.certificateBytes)).verdict).toMatchObject({ ok: true })
    dispute = await faultOf(liar.state.node ?? '')
  }
  expect(dispute?.node).toBe(liar.state.node)
  const bytes = utf8(await (await fetch(new URL(`/api/v1/faults/${dispute?.proof}`, url))).text())
  const proof = decodeFaultProof(bytes)
  const { network, genesis } = client.network
  const authority = { network, coordinator: genesis.coordinator }
  // The model is named, not embedded: the proof is small, and needs the model's file.
  expect(bytes.length).toBeLessThan(16_384)
  await expect(verifyFaultProof(proof, authority)).rejects.toBeInstanceOf(MissingFileError)
  const contents = contentsOf(file)
  expect(await verifyFaultProof(proof, authority, { contents })).toMatchObject({ ok: true })
  expect(await verifyFaultProof(proof, authority, { contents, models: openModels() })).toMatchObject({ ok: true })
  for (const wrong of [file.with(5000, (file[5000] ?? 0) ^ 1), other.slice(0, file.length)])
    expect(await verifyFaultProof(proof, authority, { contents: contentsOf(wrong) })).toMatchObject({
      ok: false,
      check: 'input',
    })
  const folder = await mkdtemp(join(tmpdir(), 'fault-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const [proofPath, modelPath] = [join(folder, 'fault.json'), join(folder, 'model.safetensors')]
  await writeFile(proofPath, bytes)
  await writeFile(modelPath, file)
  const checked = await runCommandLine(['verify', proofPath, '--model', modelPath, '--json'], join(folder, 'home'))
  expect({ ...checked, stdout: JSON.parse(checked.stdout) as unknown }).toMatchObject({
    code: 0,
    stdout: { ok: true, node: liar.state.node, network },
  })
  // Without the file the coordinator is asked for it.
  expect((await client.verifyFault(bytes, { models: openModels() })).verdict).toMatchObject({ ok: true })
  await expect(verifyFault(bytes)).rejects.toMatchObject({ name: 'sdk.MissingContent', kind: 'input' })
  expect((await verifyFault(bytes.subarray(1))).verdict).toMatchObject({ ok: false, check: 'form' })
  await liar.stop()
})

/** One file as the source of any content. */
function contentsOf(bytes: Uint8Array<ArrayBuffer>): PartSource {
  const { parts, leaves } = holdBlob(bytes)
  return { leaves: async () => leaves, part: async (_, index) => parts[index] ?? new Uint8Array(0) }
}

/** The fault of `node` in the log, if there is one. */
async function faultOf(node: string): Promise<{ proof: string; node: string } | undefined> {
  const { entries } = (await (await fetch(new URL('/api/v1/log/entries', url))).json()) as {
    entries: { entry?: { type?: string; node?: string; proof?: string } }[]
  }
  for (const { entry } of entries)
    if (entry?.type === 'fault' && entry.node === node && entry.proof !== undefined) return { proof: entry.proof, node }
  return undefined
}

test.each([
  ['a prompt past the context', Array.from({ length: 250 }, () => 65), 'context of 256'],
  ['a token outside the vocabulary', [65, 300], 'token 300'],
  ['an empty prompt', [], 'empty'],
])('error: %s is refused before anything is paid', async (_, tokens, part) => {
  const ref = { id: model.id, layout: { form: 'blob', sizeBytes: model.sizeBytes } } as const
  const shape = await shapeOf()
  const task = {
    kind: 'generate',
    version: 2,
    params: generateParams(shape, 20),
    inputs: [ref, blobSource(tokenBytes(tokens))],
  }
  const before = (await client.accountOf(client.account)).balance
  await expect(client.run(task, async () => ({ writePart: async () => undefined }))).rejects.toThrow(part)
  expect((await client.accountOf(client.account)).balance).toBe(before)
})

test.each([
  ['an empty prompt', '', 'empty'],
  ['a prompt past the context', 'x'.repeat(256), '256 tokens and 2 more do not fit'],
  ['half a surrogate pair', 'a\ud800', 'surrogate'],
  ['an empty chat', [], 'empty'],
  ['a chat for a model without a template', [{ role: 'user', content: 'hello' }], 'no chat template'],
])('error: %s is refused before anything is sent', async (_, prompt, part) => {
  const untouched: Client = { ...client, run: () => Promise.reject(new Error('It was sent.')) }
  await expect(generateText(untouched, { model, prompt, maxTokens: 2 }, {})).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringContaining(part) as string,
  })
})

test('error: a model whose tokenizer gives tokens that it does not have is not registered', async () => {
  const shape = { ...ODD_SHAPE, maxPositions: 256 }
  const mismatched = encodeExactModel({ card: byteCard('mismatched'), weights: randomModel({ seed: 'odd', shape }) })
  await expect(registerModel(client, bytesSource(mismatched))).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringContaining('does not match its model') as string,
  })
})

async function shapeOf() {
  const { models } = (await (await fetch(new URL('/api/v1/models', url))).json()) as {
    models: { shape: Parameters<typeof generateParams>[0] }[]
  }
  const [first] = models
  if (first === undefined) throw new Error('no model')
  return first.shape
}

test('behaviour: models are listed, added once, and removed by who added them', async () => {
  expect(await registerModel(client, bytesSource(file))).toEqual(model)
  const added = await registerModel(client, bytesSource(other))
  expect((await client.models()).map(({ id }) => id)).toEqual([model.id, added.id])
  expect(await findModel(client, added.name)).toEqual(added)
  expect(await findModel(client, added.id.slice(0, 12))).toEqual(added)
  await expect(findModel(client, 'nothing')).rejects.toThrow(added.name)
  const stranger = await connect(url)
  await expect(stranger.removeModel(added.id)).rejects.toMatchObject({ name: 'coordinator.UnknownModel' })
  await client.removeModel(added.id)
  expect((await client.models()).map(({ id }) => id)).toEqual([model.id])
})

test('error: a file that is no model is not registered', async () => {
  await expect(registerModel(client, bytesSource(utf8('nothing')))).rejects.toMatchObject({ kind: 'input' })
  await expect(registerModel(client, bytesSource(file.slice(0, -4)))).rejects.toThrow('safetensors')
  const renamed = file.slice()
  renamed.set(utf8('"9.output.m"'), new TextDecoder().decode(file).indexOf('"0.output.m"'))
  await expect(registerModel(client, bytesSource(renamed))).rejects.toThrow('no tensor "0.output.m"')
})

describe('streaming', { timeout: 120_000 }, () => {
  /** A worker whose node says other tokens than it computes. */
  function lyingStreamWorker(): WorkerHandle {
    const handle = openThreadWorker()
    const run: WorkerHandle['api']['run'] = (task, unit, inputs, onProgress) =>
      handle.api.run(task, unit, inputs, (bytes) => onProgress?.(bytes.map((byte) => byte ^ 1)))
    return { ...handle, api: { ...handle.api, run } }
  }

  test('default: text comes while the job runs, and joins to the certified text', async () => {
    let atFirst: ReturnType<Client['accountOf']> | undefined
    let text = ''
    const onText = (piece: string) => {
      text += piece
      atFirst ??= client.accountOf(client.account)
    }
    const written = await generateText(client, { model, prompt: 'It was', maxTokens: 200 }, { onText })
    expect(text).toBe(written.text)
    // What is certified is paid in the same moment.
    expect((await atFirst)?.escrowed).not.toBe('0')
    expect(written.firstTokenMs).toBeGreaterThan(0)
  })

  test('option: with a stop string, of which nothing is said', async () => {
    const free = await generateText(client, { model, prompt: 'There', maxTokens: 40 }, {})
    const stop = free.text.slice(8, 10)
    let text = ''
    const request = { model, prompt: 'There', maxTokens: 40, stops: [stop] }
    const written = await generateText(client, request, { onText: (piece) => (text += piece) })
    expect(written.generated.finishReason).toBe('stop-string')
    expect(text).toBe(free.text.slice(0, free.text.indexOf(stop)))
    expect(written.text).toBe(text)
  })

  test('behaviour: an abort cancels the job, refunds it, and frees its nodes within a moment', async () => {
    const before = (await client.accountOf(client.account)).balance
    const stop = new AbortController()
    const onText = () => stop.abort()
    const request = { model, prompt: 'A', maxTokens: 255 }
    await expect(generateText(client, request, { onText, signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await client.accountOf(client.account)).toMatchObject({ balance: before, escrowed: '0' })
  })

  test('behaviour: a node that streams something else is told of with its own signature, and is not paid', async () => {
    const liar = await openNode({ openWorker: fastestWorker(lyingStreamWorker) })
    let error: unknown
    for (let attempt = 0; attempt < 16 && !(error instanceof StreamContradictedError); attempt++) {
      const request = { model, prompt: `Stream ${attempt}`, maxTokens: 200 }
      error = await generateText(client, request, { onText: () => undefined }).catch((thrown: unknown) => thrown)
    }
    if (!(error instanceof StreamContradictedError)) throw new Error('No stream was contradicted.')
    const [contradiction] = error.contradictions
    expect(contradiction?.progress.signer).toBe(liar.state.node)
    expect(verifyMessage(contradiction?.progress as never, PROGRESS_TYPE, client.network.network)).toBe(true)
    expect((await verifyCertificate(error.outcome.certificateBytes)).verdict).toMatchObject({ ok: true })
    const agreed = error.outcome.certificate.units[0]?.body.replicas.map(({ lease }) => lease.body.node)
    expect(agreed).not.toContain(liar.state.node)
    const fault = await faultOf(liar.state.node ?? '')
    const evidence = await (await fetch(new URL(`/api/v1/faults/${fault?.proof}`, url))).text()
    const { verdict, proof } = await client.verifyFault(utf8(evidence))
    expect(verdict).toMatchObject({ ok: true })
    expect(proof?.format).toBe('commonwatt/broken-claim/v1')
    await liar.stop()
  })
})
