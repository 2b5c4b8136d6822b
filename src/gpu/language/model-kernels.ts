// The kernels of one model's profile, compiled before the first step.
import type { CompiledKernel, PipelineCache } from '#gpu/pipelines.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { ANGLES } from './kernels/angles.ts'
import { attentionKernel } from './kernels/attention.ts'
import { EMBED } from './kernels/embed.ts'
import { type Emit, type LinearForm, linearKernel } from './kernels/linear.ts'
import { normQuantiseKernel } from './kernels/norm-quantise.ts'
import type { Dot } from './kernels/pieces.ts'
import { quantiseKernel } from './kernels/quantise.ts'
import { rotateHeadsKernel } from './kernels/rotate-heads.ts'

/** Everything a step dispatches. */
export type ModelKernels = {
  readonly embed: CompiledKernel
  readonly angles: CompiledKernel
  readonly normQuantise: CompiledKernel
  readonly quantise: CompiledKernel
  readonly rotateHeads: CompiledKernel
  readonly attention: CompiledKernel
  readonly linear: (form: LinearForm, emit: Emit) => CompiledKernel
}

/** Where each way to emit is used: what follows the attention and the gate reads wide rows when there are few. */
const LINEAR_USES: readonly (readonly [LinearForm, Emit])[] = [
  ['row-packed', 'store'],
  ['row-packed', 'gate'],
  ['row-wide', 'add'],
  ['tile-packed', 'store'],
  ['tile-packed', 'gate'],
  ['tile-packed', 'add'],
]

/** Compiles all kernels of a profile. */
export async function compileKernels(
  pipelines: PipelineCache,
  activationBits: ActivationBits,
  keyBits: ActivationBits,
  dot: Dot,
): Promise<ModelKernels> {
  const linears = new Map<string, CompiledKernel>()
  const compileLinears = async () => {
    for (const [form, emit] of LINEAR_USES)
      linears.set(`${form} ${emit}`, await pipelines.get(linearKernel(form, emit, activationBits, dot)))
  }
  const [embed, angles, normQuantise, quantise, rotateHeads, attention] = await Promise.all([
    pipelines.get(EMBED),
    pipelines.get(ANGLES),
    pipelines.get(normQuantiseKernel(activationBits)),
    pipelines.get(quantiseKernel(activationBits)),
    pipelines.get(rotateHeadsKernel(keyBits)),
    pipelines.get(attentionKernel(keyBits, dot)),
    compileLinears(),
  ])
  const linear = (form: LinearForm, emit: Emit) => {
    const compiled = linears.get(`${form} ${emit}`)
    if (compiled === undefined) throw new RangeError(`No step uses a linear layer of ${form} that ends in ${emit}.`)
    return compiled
  }
  return { embed, angles, normQuantise, quantise, rotateHeads, attention, linear }
}
