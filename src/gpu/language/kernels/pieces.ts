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

/** Whether a device runs `dot4I8Packed`. */
export type Dot = 'packed' | 'plain'
