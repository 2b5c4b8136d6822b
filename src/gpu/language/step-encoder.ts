// Encodes one step: dispatches in as few passes as copies allow, all Params in one buffer, bind groups kept from step to step.
import type { CompiledKernel, PipelineCache } from '#gpu/pipelines.ts'
import { PARAMS_STRIDE } from '#gpu/pipelines.ts'
import type { Params } from '#gpu/commands.ts'

/** A range of a buffer. */
export type BufferRange = { readonly buffer: GPUBuffer; readonly offset: number }

type Entry =
  | {
      readonly compiled: CompiledKernel
      readonly tensors: GPUBindGroup
      readonly params: Params
      readonly workgroups: readonly [number, number]
    }
  | { readonly from: BufferRange; readonly to: BufferRange; readonly sizeBytes: number }

type Bound = { readonly buffers: readonly GPUBuffer[]; readonly group: GPUBindGroup }

/** What stays between the steps of a model. */
export class StepResources {
  readonly #device: GPUDevice
  readonly #paramsLayout: GPUBindGroupLayout
  readonly #bound = new Map<string, Bound>()
  #params: { buffer: GPUBuffer; group: GPUBindGroup } | undefined

  constructor(device: GPUDevice, { paramsLayout }: Pick<PipelineCache, 'paramsLayout'>) {
    this.#device = device
    this.#paramsLayout = paramsLayout
  }

  /** `buffers` bound to `compiled`; made anew only when one of them has changed since `site` last asked. */
  bind(site: string, compiled: CompiledKernel, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const key = `${compiled.kernel.name} ${site}`
    const known = this.#bound.get(key)
    if (known?.buffers.every((buffer, i) => buffer === buffers[i])) return known.group
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
    const group = this.#device.createBindGroup({ label: key, layout: compiled.tensorLayout, entries })
    this.#bound.set(key, { buffers, group })
    return group
  }

  /** The Params of `count` dispatches. */
  params(count: number): { buffer: GPUBuffer; group: GPUBindGroup } {
    const size = count * PARAMS_STRIDE
    if (this.#params !== undefined && this.#params.buffer.size >= size) return this.#params
    this.#params?.buffer.destroy()
    const buffer = this.#device.createBuffer({
      label: 'step params',
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    })
    const group = this.#device.createBindGroup({
      label: 'step params',
      layout: this.#paramsLayout,
      entries: [{ binding: 0, resource: { buffer, size: PARAMS_STRIDE } }],
    })
    this.#params = { buffer, group }
    return this.#params
  }

  close(): void {
    this.#params?.buffer.destroy()
    this.#bound.clear()
  }
}

/** One step being encoded. */
export class StepEncoder {
  readonly #device: GPUDevice
  readonly #resources: StepResources
  readonly #entries: Entry[] = []
  #dispatches = 0

  constructor(device: GPUDevice, resources: StepResources) {
    this.#device = device
    this.#resources = resources
  }

  /** Runs `compiled` on `tensors`; `site` names the place in the model, for the bind group. */
  dispatch(
    site: string,
    compiled: CompiledKernel,
    tensors: readonly GPUBuffer[],
    params: Params,
    workgroups: readonly [number, number],
  ): void {
    this.#entries.push({ compiled, tensors: this.#resources.bind(site, compiled, tensors), params, workgroups })
    this.#dispatches++
  }

  copy(from: BufferRange, to: BufferRange, sizeBytes: number): void {
    this.#entries.push({ from, to, sizeBytes })
  }

  /** Submits everything, after clearing `cleared`. */
  submit(cleared: GPUBuffer): void {
    const { buffer, group } = this.#resources.params(Math.max(1, this.#dispatches))
    const params = new Uint32Array((this.#dispatches * PARAMS_STRIDE) / 4)
    const encoder = this.#device.createCommandEncoder({ label: 'step' })
    encoder.clearBuffer(cleared)
    let pass: GPUComputePassEncoder | undefined
    let offset = 0
    for (const entry of this.#entries) {
      if ('from' in entry) {
        pass?.end()
        pass = undefined
        const { from, to, sizeBytes } = entry
        encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, sizeBytes)
        continue
      }
      pass ??= encoder.beginComputePass()
      for (const [i, field] of entry.compiled.kernel.params.entries()) params[offset / 4 + i] = entry.params[field] ?? 0
      pass.setPipeline(entry.compiled.pipeline)
      pass.setBindGroup(0, entry.tensors)
      pass.setBindGroup(1, group, [offset])
      pass.dispatchWorkgroups(...entry.workgroups)
      offset += PARAMS_STRIDE
    }
    pass?.end()
    this.#device.queue.writeBuffer(buffer, 0, params)
    this.#device.queue.submit([encoder.finish()])
  }
}
