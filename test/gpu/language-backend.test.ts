// The WebGPU backend for language models against the vectors, with packed dot products where the adapter has them and without.
import { describe } from 'vitest'
import { PACKED_DOT } from '#gpu/kernels/kernel.ts'
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { languageBackendCompliance } from '../compliance/language-backend.ts'

const isPacked = navigator.gpu.wgslLanguageFeatures.has(PACKED_DOT)
const plain = await openWebGpuLanguageBackend({ dot: 'plain' })

describe(`plain dot products on ${plain.info.adapter}`, () => languageBackendCompliance(async () => plain))

describe.skipIf(!isPacked)(`packed dot products on ${plain.info.adapter}`, () => {
  const packed = openWebGpuLanguageBackend({ dot: 'packed' })
  languageBackendCompliance(() => packed)
})
