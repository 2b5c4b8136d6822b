import { describe, expect, test } from 'vitest'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { DeviceModel, LanguageBackend, Step } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { type KernelSet, failedKernels, runSelfTest } from '#work/self-test.ts'

const SEED = '5e'.repeat(32)
const ALL: readonly KernelSet[] = ['products', 'language']

async function failuresOf(language: LanguageBackend, seed = SEED) {
  const answer = await runSelfTest({ backend: await openCpuBackend(), language }, seed, ALL)
  return failedKernels(seed, ALL, answer)
}

/** The reference with steps changed by `change`. */
function changed(change: (step: Step) => Partial<Step>): LanguageBackend {
  const backend = openCpuLanguageBackend()
  return {
    ...backend,
    async load(weights, options) {
      const model = await backend.load(weights, options)
      const begin: DeviceModel['begin'] = (sequences) => {
        const step = model.begin(sequences)
        const bound = Object.fromEntries(
          (['embed', 'normQuantise', 'projectHeads', 'attend', 'projectAdd', 'gateUp'] as const).map((name) => [
            name,
            (step[name] as (...call: unknown[]) => unknown).bind(step),
          ]),
        )
        const rest = Object.fromEntries(
          (['commit', 'read', 'unembed', 'sample', 'finish'] as const).map((name) => [
            name,
            (step[name] as (...call: unknown[]) => unknown).bind(step),
          ]),
        )
        return { ...bound, ...rest, ...change(step) } as Step
      }
      return {
        shape: model.shape,
        openCache: (capacity) => model.openCache(capacity),
        begin,
        close: () => model.close(),
      }
    },
  }
}

describe('self-test', () => {
  test('default: WebAssembly and the reference agree on five seeds', async () => {
    const wasm = openWasmLanguageBackend(await loadKernels())
    for (let i = 0; i < 5; i++) {
      const seed = (160 + i).toString(16).repeat(32)
      expect(await failuresOf(wasm, seed), `seed ${seed}`).toEqual([])
    }
  })

  test('behaviour: kernels that were not asked for, or not answered for', async () => {
    const { products, language } = await runSelfTest({ backend: await openCpuBackend() }, SEED, ['products'])
    expect(language).toBeNull()
    expect(await failedKernels(SEED, ['products'], { products, language })).toEqual([])
    expect(await failedKernels(SEED, ALL, { products, language })).toEqual(['language'])
    expect(await failedKernels(SEED, ALL, { products: null, language })).toEqual(['products', 'language'])
  })

  test.each<[string, (step: Step) => Partial<Step>]>([
    [
      'a gate that is skipped',
      (step) => ({ gateUp: (a, layer) => (step.gateUp(a, layer), step.gateUp(a, 1 - layer)) }),
    ],
    [
      'an output that is not added',
      (step) => ({
        projectAdd: (a, layer, matrix, x) => (matrix === 'down' ? undefined : step.projectAdd(a, layer, matrix, x)),
      }),
    ],
    ['attention of another layer', (step) => ({ attend: (queries) => step.attend(queries, 0) })],
    [
      'a norm of another site',
      (step) => ({
        normQuantise: (x, site) => step.normQuantise(x, site === 'final' ? { layer: 0, norm: 'attention' } : site),
      }),
    ],
    [
      'a token one too large',
      (step) => ({
        finish: async () => {
          const out = await step.finish()
          return { ...out, tokens: out.tokens.map((token) => token + 1) }
        },
      }),
    ],
    [
      'a saturation that is not counted',
      (step) => ({ finish: async () => ({ ...(await step.finish()), saturated: -1 }) }),
    ],
  ])('behaviour: %s is noticed', async (_, change) => {
    expect(await failuresOf(changed(change))).toEqual(['language'])
  })
})
