// The trained model writes the same tokens and commits to the same positions on every machine: compared byte for byte.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { digestBytes } from '#core/digest.ts'
import { GREEDY } from '#model/sampler.ts'
import { TINY_MODEL, complete, loadTinyModel } from '../support/golden-model.ts'
import golden from '../vectors/golden.json' with { type: 'json' }

describe('models/commonwatt-tiny', async () => {
  const tiny = await loadTinyModel()

  test('default: the file is the one that the vectors were written from, and within 4 MiB', async () => {
    const file = await readFile(TINY_MODEL)
    expect(digestBytes(file)).toBe(golden.model)
    expect(file.length).toBeLessThanOrEqual(4 * 2 ** 20)
  })

  test.each(golden.cases)('vector: $prompt', async ({ prompt, temperature, seed, ...expected }) => {
    const completion = await complete(tiny, prompt, { ...GREEDY, temperature, seed: BigInt(seed) })
    expect(completion).toEqual(expected)
  })
})
