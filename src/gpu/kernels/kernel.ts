// What a kernel is: the pieces of its source, its interface and its specialisation. One file a kernel; pipelines.ts compiles them.
// Group 0 holds the tensors, inputs before outputs; group 1 one uniform, `Params`, of u32 fields.
import dot4Packed from '#shaders/lib/dot4-packed.wgsl?raw'
import dot4Plain from '#shaders/lib/dot4-plain.wgsl?raw'

/** A WGSL kernel with an entry point `main`. */
export type Kernel = {
  /** Unique among kernels: the pipeline cache and the tuning cache know it by this name. */
  readonly name: string
  /** Source files, joined in this order. */
  readonly sources: readonly string[]
  /** How each binding of group 0 is used. */
  readonly tensors: readonly ('read' | 'write')[]
  /** Fields of `Params`, all u32, in order. */
  readonly params: readonly string[]
  /** Values of `override` constants. */
  readonly constants: Readonly<Record<string, number>>
  /** Device features the source enables, e.g. 'subgroups'. */
  readonly enables: readonly GPUFeatureName[]
  /** WGSL language features the source requires, e.g. 'packed_4x8_integer_dot_product'. */
  readonly requires: readonly string[]
}

/** What decides which kernels an adapter can run. */
export type AdapterTraits = {
  readonly features: ReadonlySet<string>
  /** WGSL language features of the implementation. */
  readonly languageFeatures: ReadonlySet<string>
}

/** The language feature behind `dot4I8Packed`. */
export const PACKED_DOT = 'packed_4x8_integer_dot_product'

/** Source and requirement of `dot4`, with or without the packed instruction. */
export const DOT4 = {
  packed: { source: dot4Packed, requires: [PACKED_DOT] },
  plain: { source: dot4Plain, requires: [] },
} as const

/** The whole WGSL module of `kernel`. */
export function sourceOf(kernel: Kernel): string {
  const directives = [
    ...kernel.enables.map((feature) => `enable ${feature};`),
    ...kernel.requires.map((feature) => `requires ${feature};`),
  ]
  return [...directives, ...kernel.sources].join('\n')
}

/** Whether an adapter can run `kernel`. */
export function canRun(kernel: Kernel, traits: AdapterTraits): boolean {
  return (
    kernel.enables.every((feature) => traits.features.has(feature)) &&
    kernel.requires.every((feature) => traits.languageFeatures.has(feature))
  )
}
