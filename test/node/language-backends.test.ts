// The reference and the WASM backend for language models, against the same vectors.
import { describe } from 'vitest'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { languageBackendCompliance } from '../compliance/language-backend.ts'

describe('reference', () => languageBackendCompliance(async () => openCpuLanguageBackend()))
describe('wasm', () => languageBackendCompliance(async () => openWasmLanguageBackend(await loadKernels())))
