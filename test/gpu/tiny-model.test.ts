// The trained model in a page: what it writes on WebGPU and on WebAssembly is what it writes in Node.
import { describe } from 'vitest'
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { goldenText } from '../compliance/golden-text.ts'
import { TINY_MODEL, loadTinyModel } from '../support/golden-model.ts'

const file = new Uint8Array(await (await fetch(TINY_MODEL)).arrayBuffer())
const gpu = await openWebGpuLanguageBackend()

describe(`on ${gpu.info.adapter}`, async () => goldenText(await loadTinyModel(file, gpu)))

describe('on WebAssembly', async () =>
  goldenText(await loadTinyModel(file, openWasmLanguageBackend(await loadKernels()))))
