// Getting a device: the adapter, the limits asked for by name, what the device can do, and the news that it was lost.
import { AppError } from '#core/errors.ts'
import type { BackendInfo } from '#tensor/backend.ts'
import { type AdapterTraits, PACKED_DOT } from './kernels/kernel.ts'

/** An open device. */
export type OpenDevice = AdapterTraits & {
  readonly device: GPUDevice
  readonly info: BackendInfo
  /** Identifies the adapter and driver, for what was learned about them. */
  readonly adapterKey: string
  /** Why the device was lost, once it was. */
  lostReason(): string | undefined
  /** The first error the device reported outside any operation's scopes since the last call. */
  takeFault(): string | undefined
  /** Resolves when the device is lost. */
  readonly lost: Promise<void>
}

/** Features used where the adapter has them. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ['subgroups', 'timestamp-query']

/** Limits wanted, each clamped to the adapter's: buffers of a band, and room for blocks in workgroup memory. */
const WANTED_LIMITS = {
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxComputeWorkgroupStorageSize: 32 * 2 ** 10,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
} as const

/** Opens a device on `gpu`'s adapter. Throws {@link NoGpuError} when there is none. */
export async function openDevice(gpu: GPU | undefined): Promise<OpenDevice> {
  if (gpu === undefined) throw new NoGpuError('this environment has no WebGPU')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new NoGpuError('WebGPU found no adapter')
  const wanted = WANTED_FEATURES.filter((feature) => adapter.features.has(feature))
  const device = await requestDevice(adapter, wanted)
  const languageFeatures = new Set<string>(gpu.wgslLanguageFeatures)
  let reason: string | undefined
  let fault: string | undefined
  device.addEventListener('uncapturederror', ({ error }) => {
    fault ??= error.message
  })
  const noteLoss = async () => {
    const info = await device.lost
    reason = info.message || info.reason
  }
  return {
    device,
    features: new Set<string>(wanted),
    languageFeatures,
    info: infoOf(adapter, [...wanted, ...[PACKED_DOT].filter((feature) => languageFeatures.has(feature))]),
    adapterKey: describe(adapter.info.vendor, adapter.info.architecture, adapter.info.device, adapter.info.description),
    lostReason: () => reason,
    takeFault: () => {
      const taken = fault
      fault = undefined
      return taken
    },
    lost: noteLoss(),
  }
}

async function requestDevice(adapter: GPUAdapter, requiredFeatures: GPUFeatureName[]): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {}
  for (const [name, wanted] of Object.entries(WANTED_LIMITS)) {
    const supported = adapter.limits[name as keyof typeof WANTED_LIMITS]
    requiredLimits[name] = Math.min(wanted, supported)
  }
  try {
    return await adapter.requestDevice({ requiredFeatures, requiredLimits })
  } catch (cause) {
    throw new NoGpuError('the adapter gave no device', { cause })
  }
}

function infoOf(adapter: GPUAdapter, features: readonly string[]): BackendInfo {
  const { vendor, architecture, description } = adapter.info
  const text = describe(vendor, architecture, description) || 'unnamed adapter'
  const isSoftware = adapter.info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(text)
  return { backend: 'webgpu', adapter: text, isSoftware, features }
}

function describe(...parts: readonly string[]): string {
  return [...new Set(parts.filter((part) => part !== ''))].join(' ')
}

/** There is no GPU to compute on. */
export class NoGpuError extends AppError {
  override readonly name = 'gpu.NoGpu'
  constructor(problem: string, options?: ErrorOptions) {
    super('unavailable', `There is no GPU to compute on: ${problem}.`, options)
  }
}
