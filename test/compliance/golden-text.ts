// What the trained model must write on every backend, token by token, with the root over every position.
import { expect, test } from 'vitest'
import { GREEDY } from '#tensor/exact/sampler.ts'
import { type TinyModel, complete } from '../support/golden-model.ts'
import golden from '../vectors/golden.json' with { type: 'json' }

/** Declares the suite for the model as a backend holds it. */
export function goldenText(tiny: TinyModel): void {
  test.each(golden.cases)('vector: $prompt', async ({ prompt, temperature, seed, ...expected }) => {
    const completion = await complete(tiny, prompt, { ...GREEDY, temperature, seed: BigInt(seed) })
    expect(completion).toEqual(expected)
  })
}
