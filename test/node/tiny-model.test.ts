// The trained model writes the same tokens and commits to the same positions on every machine: compared byte for byte. WebGPU does so in
// test/gpu/tiny-model.test.ts.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { digestBytes } from '#core/digest.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { goldenText } from '../compliance/golden-text.ts'
import { TINY_MODEL, loadTinyModel } from '../support/golden-model.ts'
import golden from '../vectors/golden.json' with { type: 'json' }

describe('models/commonwatt-tiny', async () => {
  const file = await readFile(TINY_MODEL)

  test('default: the file is the one that the vectors were written from, and within 4 MiB', () => {
    expect(digestBytes(file)).toBe(golden.model)
    expect(file.length).toBeLessThanOrEqual(4 * 2 ** 20)
  })

  describe('on the reference', async () => goldenText(await loadTinyModel(file, openCpuLanguageBackend())))

  describe('on WebAssembly', async () =>
    goldenText(await loadTinyModel(file, openWasmLanguageBackend(await loadKernels()))))
})
