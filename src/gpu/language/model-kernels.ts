// The kernels of one model's profile, compiled before the first step.
import type { CompiledKernel, PipelineCache } from '#gpu/pipelines.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { ANGLES } from './kernels/angles.ts'
import { attentionKernel } from './kernels/attention.ts'
import { EMBED } from './kernels/embed.ts'
import { HASH_CHUNKS } from './kernels/hash-chunks.ts'
import { HASH_LEAVES } from './kernels/hash-leaves.ts'
import { type Emit, type LinearForm, linearKernel } from './kernels/linear.ts'
import { normQuantiseKernel } from './kernels/norm-quantise.ts'
import type { Dot } from './kernels/pieces.ts'
import { quantiseKernel } from './kernels/quantise.ts'
import { rotateHeadsKernel } from './kernels/rotate-heads.ts'

/** Everything a step dispatches. */
export type ModelKernels = {
  readonly sharing: Sharing
  readonly embed: CompiledKernel
  readonly angles: CompiledKernel
  readonly normQuantise: CompiledKernel
  readonly quantise: CompiledKernel
  readonly rotateHeads: CompiledKernel
  readonly attention: CompiledKernel
  readonly hashChunks: CompiledKernel
  readonly hashLeaves: CompiledKernel
  readonly linear: (form: LinearForm, emit: Emit) => CompiledKernel
}

/** Whether threads work together through workgroup memory, or each alone: an emulated GPU pays dearly for every barrier. */
export type Sharing = 'workgroup' | 'none'

/** What suits a device. */
export type KernelChoice = { readonly dot: Dot; readonly sharing: Sharing }

/** Where each way to emit is used: what follows the attention and the gate reads wide rows when there are few. */
const LINEAR_USES: Readonly<Record<Sharing, readonly (readonly [LinearForm, Emit])[]>> = {
  workgroup: [
    ['row-packed', 'store'],
    ['row-packed', 'gate'],
    ['row-wide', 'add'],
    ['tile-packed', 'store'],
    ['tile-packed', 'gate'],
    ['tile-packed', 'add'],
  ],
  none: [
    ['thread-packed', 'store'],
    ['thread-packed', 'gate'],
    ['thread-packed', 'add'],
  ],
}

/** Compiles all kernels of a profile. */
export async function compileKernels(
  pipelines: PipelineCache,
  { activationBits, headDim, keyBits }: ModelShape,
  { dot, sharing }: KernelChoice,
): Promise<ModelKernels> {
  const lanes = lanesFor(sharing, headDim)
  const linears = new Map<string, CompiledKernel>()
  const compileLinears = async () => {
    for (const [form, emit] of LINEAR_USES[sharing])
      linears.set(`${form} ${emit}`, await pipelines.get(linearKernel(form, emit, activationBits, dot)))
  }
  const [embed, angles, normQuantise, quantise, rotateHeads, attention, hashChunks, hashLeaves] = await Promise.all([
    pipelines.get(EMBED),
    pipelines.get(ANGLES),
    pipelines.get(normQuantiseKernel(activationBits, lanes.norm)),
    pipelines.get(quantiseKernel(activationBits)),
    pipelines.get(rotateHeadsKernel(keyBits, lanes.rotate)),
    pipelines.get(attentionKernel(keyBits, dot, lanes.attention)),
    pipelines.get(HASH_CHUNKS),
    pipelines.get(HASH_LEAVES),
    compileLinears(),
  ])
  const linear = (form: LinearForm, emit: Emit) => {
    const compiled = linears.get(`${form} ${emit}`)
    if (compiled === undefined) throw new RangeError(`No step uses a linear layer of ${form} that ends in ${emit}.`)
    return compiled
  }
  return { sharing, embed, angles, normQuantise, quantise, rotateHeads, attention, hashChunks, hashLeaves, linear }
}

/** Threads of a workgroup that reduces a row or a head; alone, as few as one vector of an emulated device holds, and a pair of channels each. */
function lanesFor(sharing: Sharing, headDim: number): { norm: number; rotate: number; attention: number } {
  if (sharing === 'workgroup') return { norm: 128, rotate: 64, attention: 128 }
  return { norm: 4, rotate: 4, attention: Math.ceil(headDim / 8) * 4 }
}
