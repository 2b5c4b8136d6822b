// The portable reference in its thread: the same bytes as anywhere, without holding up whoever waits for something else.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BlobDirectory } from '#coordinator/blobs/blob-directory.ts'
import { ReferenceTimeoutError, openReference } from '#coordinator/reference/reference.ts'
import { utf8 } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import { kindOf } from '#work/kinds.ts'
import type { Kind } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import { type HeldContent, inputsOf, randomMatrix, recomputed } from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const random = seededRandom('reference')
let dir = ''
let blobs: BlobDirectory
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reference-'))
  blobs = new BlobDirectory(dir, random)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function unitOver(kind: Kind, contents: readonly HeldContent[], params = {}): Promise<Unit> {
  for (const { ref, leaves, parts } of contents) {
    await blobs.announce(ref.layout, leaves)
    for (const [n, part] of parts.entries()) await blobs.put(ref.id, n, part)
  }
  const [unit] = kind.split({ params, inputs: contents.map(({ ref }) => ref) })
  if (unit === undefined) throw new Error('There is no unit.')
  return unit
}

describe('reference', { timeout: 60_000 }, () => {
  test('default: a tile and a text, as they come out anywhere', async () => {
    const reference = openReference(blobs)
    const matmul = kindOf('matmul', 1)
    const matrices = [randomMatrix(random, 'i8', 300, 90), randomMatrix(random, 'i8', 90, 270)]
    const product = await unitOver(matmul, matrices)
    const tile = await recomputed(matmul, product, inputsOf(matmul, product, matrices), 3)
    expect(await reference.recompute(matmul, product, 3)).toEqual(tile)
    const generate = kindOf('generate', 2)
    const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
    const files = [holdBlob(await tinyModelFile('reference')), holdBlob(tokenBytes([...utf8('Once')]))]
    const text = await unitOver(generate, files, generateParams(shape, 8))
    const written = await recomputed(generate, text, inputsOf(generate, text, files), 0)
    expect(await reference.recompute(generate, text, 0)).toEqual(written)
    await reference.close()
  })

  test('default: audits find what is wrong, and read a model for it', async () => {
    const reference = openReference(blobs)
    const seed = digestOf('test', 'seed')
    const matmul = kindOf('matmul', 1)
    const matrices = [randomMatrix(random, 'i8', 300, 90), randomMatrix(random, 'i8', 90, 270)]
    const product = await unitOver(matmul, matrices)
    const tiles = [0, 1, 2, 3].map((part) => recomputed(matmul, product, inputsOf(matmul, product, matrices), part))
    const right = await Promise.all(tiles)
    const changed = right.map((tile, at) => (at === 2 ? tile.with(4, (tile[4] ?? 0) ^ 1) : tile))
    expect(await reference.audit(matmul, product, right, seed)).toBeNull()
    expect(await reference.audit(matmul, product, changed, seed)).toBe(2)
    const generate = kindOf('generate', 2)
    const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
    const files = [holdBlob(await tinyModelFile('audited')), holdBlob(tokenBytes([...utf8('Once')]))]
    const text = await unitOver(generate, files, generateParams(shape, 8))
    const written = await recomputed(generate, text, inputsOf(generate, text, files), 0)
    expect(await reference.audit(generate, text, [written], seed)).toBeNull()
    expect(await reference.audit(generate, text, [written.with(8, (written[8] ?? 0) ^ 1)], seed)).toBe(0)
    await reference.close()
  })

  test('behaviour: timers go on while it computes', async () => {
    const reference = openReference(blobs)
    const matmul = kindOf('matmul', 1)
    const unit = await unitOver(matmul, [randomMatrix(random, 'i8', 256, 8192), randomMatrix(random, 'i8', 8192, 256)])
    await reference.recompute(matmul, unit, 0) // the thread is there from now on
    let longestMs = 0
    let lastMs = performance.now()
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs)
      lastMs = performance.now()
    }, 5)
    const startMs = performance.now()
    await reference.recompute(matmul, unit, 0)
    const tookMs = performance.now() - startMs
    clearInterval(timer)
    expect(longestMs).toBeLessThan(tookMs / 2)
    await reference.close()
  })

  test('limit: what takes longer than its time is ended, and the next part begins anew', async () => {
    const reference = openReference(blobs, 1)
    const matmul = kindOf('matmul', 1)
    const unit = await unitOver(matmul, [randomMatrix(random, 'i8', 20, 20), randomMatrix(random, 'i8', 20, 20)])
    for (let times = 0; times < 2; times++)
      await expect(reference.recompute(matmul, unit, 0)).rejects.toBeInstanceOf(ReferenceTimeoutError)
    await reference.close()
  })

  test('error: what the kind refuses keeps its name, and an input that is damaged is told', async () => {
    const reference = openReference(blobs)
    const matmul = kindOf('matmul', 1)
    const unit = await unitOver(matmul, [randomMatrix(random, 'i8', 20, 20), randomMatrix(random, 'i8', 20, 20)])
    const wrongPart = { ...matmul, partNeeds: () => [] } as Kind
    await expect(reference.recompute(wrongPart, unit, 0)).rejects.toThrow('was not fetched')
    await expect(reference.recompute(matmul, unit, 0)).resolves.toHaveLength(20 * 20 * 4)
    await reference.close()
  })
})
