// The shared pieces of the language kernels, in the order in which they build on each other.
import exp2 from '#shaders/language/lib/exp2.wgsl?raw'
import fixed from '#shaders/language/lib/fixed.wgsl?raw'
import int64 from '#shaders/language/lib/int64.wgsl?raw'
import quantise from '#shaders/language/lib/quantise.wgsl?raw'

/** 64-bit products and sums, scales and rounding shifts. */
export const FIXED: readonly string[] = [int64, fixed]

/** {@link FIXED}, and the quantisation of rows. */
export const QUANTISE: readonly string[] = [...FIXED, quantise]

/** 2^-t from the table bound as `exp2Table`. */
export const EXP2 = exp2

/** How quantised values lie: bytes in planes, for dot products, or a word each. */
export type QuantisedForm = 'planes' | 'whole'

/** How a matrix lies: row by row, or a word of each of sixteen rows beside each other, as the threads of a quad read them. */
export type WeightLayout = 'rows' | 'quads'

/** Whether a device runs `dot4I8Packed`. */
export type Dot = 'packed' | 'plain'
