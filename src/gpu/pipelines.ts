// Compiling kernels, once each: explicit layouts (group 0 tensors, group 1 the uniform with a dynamic offset), and compile errors
// that carry the compiler's message and the numbered source.
import { AppError } from '#core/errors.ts'
import { type Kernel, sourceOf } from './kernels/kernel.ts'

/** A kernel ready to run. */
export type CompiledKernel = {
  readonly kernel: Kernel
  readonly pipeline: GPUComputePipeline
  readonly tensorLayout: GPUBindGroupLayout
}

/** Bytes reserved for a Params uniform; the offsets of uniforms are multiples of it. */
export const PARAMS_STRIDE = 256

/** Compiles and remembers the kernels of one device. */
export class PipelineCache {
  readonly paramsLayout: GPUBindGroupLayout
  readonly #device: GPUDevice
  readonly #compiled = new Map<string, Promise<CompiledKernel>>()

  constructor(device: GPUDevice) {
    this.#device = device
    this.paramsLayout = device.createBindGroupLayout({
      label: 'params',
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } },
      ],
    })
  }

  /** The compiled `kernel`. Throws {@link ShaderError} when the compiler refuses it. */
  get(kernel: Kernel): Promise<CompiledKernel> {
    let compiled = this.#compiled.get(kernel.name)
    if (compiled === undefined) {
      compiled = this.#compile(kernel)
      this.#compiled.set(kernel.name, compiled)
    }
    return compiled
  }

  async #compile(kernel: Kernel): Promise<CompiledKernel> {
    const device = this.#device
    const code = sourceOf(kernel)
    device.pushErrorScope('validation')
    const module = device.createShaderModule({ label: kernel.name, code })
    const [messages] = await Promise.all([compilerErrors(module), device.popErrorScope()])
    if (messages.length > 0) throw new ShaderError(kernel.name, messages.join('; '), code)
    const tensorLayout = device.createBindGroupLayout({
      label: kernel.name,
      entries: kernel.tensors.map((use, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: use === 'read' ? 'read-only-storage' : 'storage' },
      })),
    })
    const layout = device.createPipelineLayout({ bindGroupLayouts: [tensorLayout, this.paramsLayout] })
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: kernel.name,
        layout,
        compute: { module, entryPoint: 'main', constants: { ...kernel.constants } },
      })
      return { kernel, pipeline, tensorLayout }
    } catch (cause) {
      throw new ShaderError(kernel.name, cause instanceof Error ? cause.message : String(cause), code)
    }
  }
}

async function compilerErrors(module: GPUShaderModule): Promise<string[]> {
  const { messages } = await module.getCompilationInfo()
  return messages
    .filter((message) => message.type === 'error')
    .map((message) => `line ${message.lineNum}: ${message.message}`)
}

/** A kernel does not compile. `source` is its numbered source. */
export class ShaderError extends AppError {
  override readonly name = 'gpu.Shader'
  readonly source: string
  constructor(kernel: string, problem: string, code: string) {
    const source = code
      .split('\n')
      .map((line, index) => `${String(index + 1).padStart(4)}  ${line}`)
      .join('\n')
    super('bug', `The kernel ${kernel} does not compile: ${problem}\n${source}`)
    this.source = source
  }
}
