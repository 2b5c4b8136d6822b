// Devices for computing one unit in a page outside of a contribution: only those that its kind computes with are opened.
import { ModelCache } from '#model/model-cache.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import type { Backend, BackendInfo } from '#tensor/backend.ts'
import { KINDS } from '#work/kinds.ts'
import { openBackend, openLanguage } from './page-devices.ts'

/** What computes, and what there is to know of it. */
export type UnitDevice = Pick<BackendInfo, 'backend' | 'adapter' | 'isSoftware'> & { readonly note: string }

/** Open devices, and what they are. */
export type UnitDevices = {
  readonly backend: Backend
  readonly models: ModelCache
  readonly device: UnitDevice
  close(): Promise<void>
}

/** Opens what units of `kind` compute with: the GPU where its kernels are right, else WebAssembly or the TypeScript reference. */
export async function openUnitDevices(kind: string): Promise<UnitDevices> {
  const usesModels = KINDS.some(({ name, kernels }) => name === kind && kernels === 'language')
  const { backend, note } = await openBackend('webgpu', false)
  if (!usesModels) {
    const models = new ModelCache(() => Promise.reject(new Error('This kind uses no language model.')))
    return { backend, models, device: deviceOf(backend.info, note), close: () => backend.close() }
  }
  const language = await openLanguage(backend.info, false)
  await backend.close()
  // Arrays are computed by nothing here: the smallest backend stands in.
  const arrays = await openCpuBackend()
  const models = new ModelCache(async () => language.backend)
  return {
    backend: arrays,
    models,
    device: deviceOf(language.backend.info, language.warning),
    async close() {
      await models.close()
      await language.backend.close().catch(() => undefined)
      await arrays.close()
    },
  }
}

function deviceOf({ backend, adapter, isSoftware }: BackendInfo, note: string): UnitDevice {
  return { backend, adapter, isSoftware, note }
}
