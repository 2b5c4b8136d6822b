// A GPU whose driver gets some shaders wrong: the real one, with what it compiles rewritten on the way.

/** `gpu` as a driver would have it that compiles `rewrite(code)` instead of each shader. */
export function faultyGpu(gpu: GPU, rewrite: (code: string) => string): GPU {
  const faulty = {
    wgslLanguageFeatures: gpu.wgslLanguageFeatures,
    async requestAdapter(options?: GPURequestAdapterOptions) {
      const adapter = await gpu.requestAdapter(options)
      if (adapter === null) return null
      const requestDevice = adapter.requestDevice.bind(adapter)
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor)
        const createShaderModule = device.createShaderModule.bind(device)
        device.createShaderModule = (module) => createShaderModule({ ...module, code: rewrite(module.code) })
        return device
      }
      return adapter
    },
  }
  return faulty as unknown as GPU
}

/** Packed products of bytes that are one too large. */
export function withWrongPackedProducts(code: string): string {
  return code.replaceAll('dot4I8Packed(a, b)', '(dot4I8Packed(a, b) + 1)')
}

/** Subgroups that the compiler refuses. */
export function withoutSubgroups(code: string): string {
  return code.replaceAll('enable subgroups;', 'enable a_feature_that_is_not_there;')
}

/** No sum is right. */
export function withWrongSums(code: string): string {
  return withoutSubgroups(code).replaceAll(/return dot4\(a\.x/g, 'return 1 + dot4(a.x')
}
