// The worker's side, in this thread and in a real one: what it refuses, what it keeps, what crosses.
import { memoryFolder } from './file-folder.ts'
import { describe, expect, test } from 'vitest'
import { bytesOf, toHex } from '#core/bytes.ts'
import { systemClock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { EMPTY_ROOT, leafDigest, merkleRoot } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { createSessionKey } from '#identity/session-key.ts'
import { verifyBeat } from '#liveness/beat.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { partKey } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { failedKernels } from '#work/self-test.ts'
import type { Unit } from '#work/unit.ts'
import { signConsent } from './consent.ts'
import { type Held, NOT_HELD } from './guest/cause.ts'
import { CALM } from './guest/signals.fixture.ts'
import type { Consent } from './state.ts'
import { openThreadWorker } from './thread-worker.ts'
import { MAX_TASKS, UnitWorker, type WorkerParts } from './unit-worker.ts'
import type { WorkerApi } from './worker-api.ts'
import { workerClock } from './worker-link.ts'

const random = seededRandom('worker-api')
const seed = toHex(random.bytes(32)) as Digest
const context = { network: EMPTY_ROOT, checkpoint: { size: 0, root: EMPTY_ROOT } }
const signer = signerFromSecret(random.bytes(32))
const consent = (change: Partial<Consent> = {}) =>
  signConsent(signer, context, { gpuShare: 1, expiresMs: Date.now() + 60_000, site: null, ...change })

function newWorker(change: Partial<WorkerParts> = {}): UnitWorker {
  const parts = {
    openBackend: async () => ({ backend: await openCpuBackend(), note: '' }),
    openLanguage: () => Promise.reject(new Error('No model is run in this test.')),
    openFolder: async () => memoryFolder(),
    findKind: ({ kind, version }: Unit) => kindOf(kind, version),
    clock: systemClock,
    memoryBytes: 2 ** 30,
    ...change,
  }
  return new UnitWorker(parts)
}

/** A product of one tile with the parts it needs. */
function product(): { unit: Unit; parts: Map<string, Uint8Array<ArrayBuffer>> } {
  const parts = new Map([0, 1].map((input) => [partKey(input, 0), random.bytes(64)]))
  const layout = { form: 'matrix', dtype: 'i8', rows: 8, cols: 8 } as const
  const [unit] = kindOf('matmul', 1).split({
    params: {},
    inputs: [
      { id: seed, layout },
      { id: EMPTY_ROOT, layout },
    ],
  })
  if (unit === undefined) throw new Error('The product has a unit.')
  return { unit, parts }
}

function unitOf(): [Unit, Map<string, Uint8Array<ArrayBuffer>>] {
  const { unit, parts } = product()
  return [unit, parts]
}

async function checkUnit(worker: WorkerApi): Promise<void> {
  const { unit, parts } = product()
  const result = await worker.run('a', unit, parts)
  const [a, b] = [0, 1].map((input) => new Int8Array(parts.get(partKey(input, 0))?.buffer ?? new ArrayBuffer(0)))
  if (a === undefined || b === undefined) throw new Error('The product has two factors.')
  const expected = bytesOf(matmulInt8(a, b, { m: 8, k: 8, n: 8 }))
  expect(result.parts).toEqual([expected])
  expect(result.leaves).toEqual([leafDigest(expected)])
  expect(result.root).toBe(merkleRoot(result.leaves))
  const tag = await worker.possession('a', seed)
  expect(tag).toMatch(/^[0-9a-f]{64}$/)
  expect(await worker.possession('a', EMPTY_ROOT)).not.toBe(tag)
  expect(await worker.possession('a', seed)).toBe(tag)
  await worker.release('a')
  await expect(worker.possession('a', seed)).rejects.toMatchObject({ name: 'node.UnknownTask', kind: 'bug' })
}

describe('UnitWorker', () => {
  test('default: self-test, result with digests, possession until the release', async () => {
    const worker = newWorker()
    await worker.open('cpu', await consent())
    const { answer, ratedMops } = await worker.selfTest(seed, ['products'])
    expect(await failedKernels(seed, ['products'], answer)).toEqual([])
    expect(ratedMops).toBeGreaterThan(1)
    await checkUnit(worker)
  })

  test('limit: 8 tasks accepted, 9 refused, a released one makes room', async () => {
    const worker = newWorker()
    await worker.open('cpu', await consent())
    const { unit, parts } = product()
    for (let i = 0; i < MAX_TASKS; i++) await worker.run(`task ${i}`, unit, parts)
    const tooMany = async () => worker.run('one more', unit, parts)
    await expect(tooMany()).rejects.toMatchObject({ kind: 'capacity' })
    await worker.release('task 0')
    await worker.run('one more', unit, parts)
  })

  test('behaviour: a renewal forgets what was learned of the kernels, and waits for what is computed', async () => {
    const opened: boolean[] = []
    const openBackend: WorkerParts['openBackend'] = async (_, isFresh) => {
      opened.push(isFresh)
      return { backend: await openCpuBackend(), note: isFresh ? 'tested anew' : '' }
    }
    const worker = newWorker({ openBackend })
    await worker.open('cpu', await consent())
    const { unit, parts } = product()
    const [result, renewed] = await Promise.all([worker.run('a', unit, parts), worker.renew()])
    expect(result.parts).toHaveLength(1)
    expect(renewed.note).toContain('tested anew')
    expect(opened).toEqual([false, true])
    await checkUnit(worker)
  })

  test('error: NotOpen for a renewal of what was never opened', async () => {
    await expect(newWorker().renew()).rejects.toMatchObject({ name: 'node.NotOpen' })
  })

  test('behaviour: a consent that ends stops the device, also in the middle', async () => {
    const worker = newWorker()
    await worker.open('cpu', await consent({ expiresMs: Date.now() + 40, gpuShare: 0.05 }))
    await expect(worker.selfTest(seed, ['products'])).rejects.toMatchObject({ name: 'node.Consent' })
  })

  test('behaviour: rules that pause hold the opening and the units back until they allow it', async () => {
    const told: Held[] = []
    const worker = newWorker()
    await worker.watchGuest((status) => void told.push(status))
    await worker.setSignals({ ...CALM, isVisible: false })
    const opening = worker.open('cpu', await consent())
    await expect.poll(() => told.length).toBe(1)
    expect(told[0]?.pauses).toEqual([{ code: 'hidden' }])
    await expect(worker.run('a', ...unitOf())).rejects.toMatchObject({ name: 'node.NotOpen' })
    await worker.setSignals(CALM)
    await opening
    expect(told[1]).toEqual(NOT_HELD)
    await worker.setSignals({ ...CALM, isDataSaved: true })
    let isDone = false
    const running = worker.run('b', ...unitOf()).then(() => (isDone = true))
    const released = worker.run('c', ...unitOf())
    // Beats go on meanwhile, so the worker is alive and the units are not computed.
    await worker.startBeats(signer, context, () => {})
    await worker.beatNow()
    expect(isDone).toBe(false)
    await worker.release('c')
    await worker.setSignals(CALM)
    await running
    await expect(released).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('behaviour: a paused unit that is released leaves its place at once', async () => {
    const worker = newWorker()
    await worker.open('cpu', await consent())
    await worker.setSignals({ ...CALM, isVisible: false })
    const running = worker.run('a', ...unitOf())
    await worker.release('a')
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('behaviour: another consent takes effect at once, and one that another node signed is refused', async () => {
    const told: Held[] = []
    const worker = newWorker({ localMinute: () => 0 })
    await worker.watchGuest((status) => void told.push(status))
    await expect(worker.setConsent(await consent())).rejects.toMatchObject({ name: 'node.NotOpen' })
    await worker.open('cpu', await consent())
    const rules = { ...DEFAULT_RULES, hours: { fromMinute: 1, toMinute: 2 } }
    await worker.setConsent(await consent({ rules }))
    expect(told.at(-1)?.pauses).toEqual([{ code: 'hours', nowMinute: 0, fromMinute: 1, toMinute: 2 }])
    await worker.setConsent(await consent())
    expect(told.at(-1)?.pauses).toEqual([])
    const other = signerFromSecret(random.bytes(32))
    const foreign = await signConsent(other, context, { gpuShare: 1, expiresMs: Date.now() + 60_000, site: null })
    await expect(worker.setConsent(foreign)).rejects.toThrow('another node signed it')
    await expect(worker.startBeats(other, context, () => {})).rejects.toMatchObject({ name: 'node.Consent' })
  })

  test('behaviour: a release stops a unit that is being computed', async () => {
    const worker = newWorker()
    await worker.open('cpu', await consent())
    const { unit, parts } = product()
    const first = worker.run('a', unit, parts)
    const second = worker.run('b', unit, parts)
    await worker.release('b')
    await first
    await expect(second).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('error: NotOpen and NoBeats before there is a device or a key', async () => {
    const worker = newWorker()
    await expect(worker.selfTest(seed, ['products'])).rejects.toMatchObject({ name: 'node.NotOpen' })
    await expect(worker.beatNow()).rejects.toMatchObject({ name: 'node.NoBeats' })
  })
})

describe('files of a unit', () => {
  test('behaviour: are held from the run on until the release, so that nobody deletes them meanwhile', async () => {
    const held: string[] = []
    const folder = {
      ...memoryFolder(),
      async hold(name: string) {
        held.push(name)
        return () => void held.splice(held.indexOf(name), 1)
      },
    }
    const findKind = ({ kind, version }: Unit) => ({ ...kindOf(kind, version), files: () => [0] })
    const worker = newWorker({ openFolder: async () => folder, findKind })
    await worker.open('cpu', await consent())
    const { unit, parts } = product()
    await worker.run('a', unit, parts)
    await worker.run('b', unit, parts)
    expect(held).toEqual([seed, seed])
    await worker.release('a')
    await expect.poll(() => held).toEqual([seed])
    await worker.recompute('c', unit, parts, 0)
    await worker.release('b')
    await expect.poll(() => held).toEqual([])
  })
})

describe('a worker thread', () => {
  test('default: the same over the line, and results are moved', async () => {
    const thread = openThreadWorker()
    expect(await thread.api.open('webgpu', await consent())).toMatchObject({
      info: { backend: 'cpu' },
      note: /reference/,
    })
    await checkUnit(thread.api)
    thread.terminate()
    await thread.exited
  })

  test('behaviour: beats are signed in the thread with a posted key pair, or through the line with a signer', async () => {
    const status = { state: 'working', ratedMops: 7, unitsDone: 3 } as const
    for (const key of [await createSessionKey(), signerFromSecret(random.bytes(32))]) {
      const thread = openThreadWorker()
      await thread.api.startBeats(key, context, () => {})
      await thread.api.setStatus(status, context)
      const [first, second] = [await thread.api.beatNow(), await thread.api.beatNow()]
      expect(verifyBeat(first, EMPTY_ROOT, Date.now()).ok).toBe(true)
      expect(first.body).toMatchObject(status)
      expect(second.body.sequence).toBeGreaterThan(first.body.sequence)
      thread.terminate()
      await thread.exited
    }
  })

  test('behaviour: errors keep name and kind; after the end every call says so', async () => {
    const thread = openThreadWorker()
    await expect(thread.api.open('cpu', await consent({ gpuShare: 2 }))).rejects.toMatchObject({
      name: 'node.Consent',
      kind: 'input',
    })
    const waiting = thread.api.wait(60_000)
    thread.terminate()
    await expect(waiting).rejects.toMatchObject({ name: 'node.WorkerEnded', kind: 'unavailable' })
    await expect(thread.api.wait(0)).rejects.toMatchObject({ name: 'node.WorkerEnded' })
    expect(thread.ended.aborted).toBe(true)
  })

  test('behaviour: its clock goes on when the thread ends, and cancelled timers stay silent', async () => {
    const thread = openThreadWorker()
    const clock = workerClock(thread)
    const fired: string[] = []
    const wait = (name: string, delayMs: number) =>
      new Promise<void>((resolve) => void clock.after(delayMs, () => resolve(void fired.push(name))))
    clock.after(1, () => fired.push('cancelled before'))()
    await wait('in the thread', 20)
    const surviving = wait('after the thread', 400)
    const cancel = clock.after(300, () => fired.push('cancelled after'))
    thread.terminate()
    await thread.api.wait(0).catch(() => undefined)
    cancel()
    await surviving
    expect(fired).toEqual(['in the thread', 'after the thread'])
  })
})
