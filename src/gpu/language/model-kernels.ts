// The kernels of one model's profile, compiled before the first step.
import type { CompiledKernel, PipelineCache } from '#gpu/pipelines.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import { ANGLES } from './kernels/angles.ts'
import { type AttentionStage, attentionKernel } from './kernels/attention.ts'
import { embedKernel } from './kernels/embed.ts'
import { HASH_CHUNKS } from './kernels/hash-chunks.ts'
import { HASH_LEAVES } from './kernels/hash-leaves.ts'
import { type Emit, type LinearForm, linearKernel } from './kernels/linear.ts'
import { normQuantiseKernel } from './kernels/norm-quantise.ts'
import { sampleKernel } from './kernels/sample.ts'
import type { Dot, QuantisedForm, WeightLayout } from './kernels/pieces.ts'
import { quantiseKernel } from './kernels/quantise.ts'
import { rotateHeadsKernel } from './kernels/rotate-heads.ts'

/** Everything a step dispatches. */
export type ModelKernels = {
  readonly sharing: Sharing
  readonly splitFrom: number
  readonly embed: CompiledKernel
  readonly angles: CompiledKernel
  readonly normQuantise: CompiledKernel
  readonly quantise: CompiledKernel
  readonly rotateHeads: CompiledKernel
  readonly attention: (stage: AttentionStage) => CompiledKernel
  readonly hashChunks: CompiledKernel
  readonly hashLeaves: CompiledKernel
  readonly sample: CompiledKernel
  readonly linear: (form: LinearForm, emit: Emit) => CompiledKernel
}

/** How threads share their work: through workgroup memory, or within quads, since an emulated GPU pays dearly for every barrier and load. */
export type Sharing = 'workgroup' | 'quad'

/** What suits a device. */
export type KernelChoice = {
  readonly dot: Dot
  readonly sharing: Sharing
  /** Scores that a workgroup keeps between its passes. */
  readonly keptScores: number
  /** Keys from which on the attention of few rows goes in splits. */
  readonly splitFrom: number
}

/** How matrices lie for who reads them. */
export const WEIGHT_LAYOUT: Readonly<Record<Sharing, WeightLayout>> = { workgroup: 'rows', quad: 'quads' }

/** How quantised rows lie for who reads them. */
export const QUANTISED_FORM: Readonly<Record<Sharing, QuantisedForm>> = { workgroup: 'planes', quad: 'whole' }

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
  quad: [
    ['quad-row-packed', 'store'],
    ['quad-row-packed', 'gate'],
    ['quad-row-wide', 'add'],
    ['quad-tile-packed', 'store'],
    ['quad-tile-packed', 'gate'],
    ['quad-tile-packed', 'add'],
  ],
}

/** How attention is shared out: in splits where a sequence is too long for the workgroups of a few rows to fill a GPU. */
const ATTENTION_USES: Readonly<Record<Sharing, readonly AttentionStage[]>> = {
  workgroup: ['whole', 'scores', 'sums', 'combine'],
  quad: ['quad'],
}

/** Compiles all kernels of a profile. */
export async function compileKernels(
  pipelines: PipelineCache,
  { shape, layers }: Pick<ModelWeights, 'shape' | 'layers'>,
  { dot, keptScores, sharing, splitFrom }: KernelChoice,
): Promise<ModelKernels> {
  const { activationBits, keyBits } = shape
  const lanes = LANES[sharing]
  const form = QUANTISED_FORM[sharing]
  const isNormed = layers.some(({ query, key }) => query.norm !== null || key.norm !== null)
  const named = new Map<string, CompiledKernel>()
  const uses = [
    ...LINEAR_USES[sharing].map((use) => [use.join(' '), linearKernel(...use, activationBits, dot)] as const),
    ...ATTENTION_USES[sharing].map((stage) => [stage, attentionKernel(stage, keyBits, dot, keptScores)] as const),
  ]
  const compileNamed = uses.map(async ([name, kernel]) => named.set(name, await pipelines.get(kernel)))
  const [embed, angles, normQuantise, quantise, rotateHeads, hashChunks, hashLeaves, sample] = await Promise.all([
    pipelines.get(embedKernel(WEIGHT_LAYOUT[sharing])),
    pipelines.get(ANGLES),
    pipelines.get(normQuantiseKernel(activationBits, form, lanes.norm)),
    pipelines.get(quantiseKernel(activationBits, form)),
    pipelines.get(rotateHeadsKernel({ keyBits, form, isNormed, lanes: lanes.rotate })),
    pipelines.get(HASH_CHUNKS),
    pipelines.get(HASH_LEAVES),
    pipelines.get(sampleKernel(lanes.sample)),
    ...compileNamed,
  ])
  const use = (name: string) => {
    const compiled = named.get(name)
    if (compiled === undefined) throw new RangeError(`No step of this model uses a kernel ${name}.`)
    return compiled
  }
  const linear = (linearForm: LinearForm, emit: Emit) => use(`${linearForm} ${emit}`)
  return {
    splitFrom,
    sharing,
    embed,
    angles,
    normQuantise,
    quantise,
    rotateHeads,
    attention: use,
    hashChunks,
    hashLeaves,
    sample,
    linear,
  }
}

/** Threads of a workgroup that reduces a row or a head: as few as one vector of an emulated device holds. */
const LANES: Readonly<Record<Sharing, { readonly norm: number; readonly rotate: number; readonly sample: number }>> = {
  workgroup: { norm: 128, rotate: 64, sample: 256 },
  quad: { norm: 4, rotate: 4, sample: 4 },
}
