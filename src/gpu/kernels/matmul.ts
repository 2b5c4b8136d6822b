// What the variants of a matrix product have in common: their interface, how much of C a workgroup computes, and which of them suits a size.
import matmulParams from '#shaders/lib/matmul-params.wgsl?raw'
import type { Kernel } from './kernel.ts'

/** One way to compute a product on a GPU. All variants of an element type take the same operands. */
export type MatmulVariant = {
  readonly kernel: Kernel
  /** Rows and columns of C that one workgroup computes. */
  readonly tileRows: number
  readonly tileCols: number
  /** Whether it stages operands in workgroup memory between barriers, which is slow where a CPU plays the GPU. */
  readonly isStaged: boolean
}

/** Every way to compute a product of one element type. */
export type MatmulFamily = {
  /** For results that fill their tiles; the fastest is found by measurement. */
  readonly tiled: readonly MatmulVariant[]
  /** For results of few rows or few columns. */
  readonly thin: readonly MatmulVariant[]
}

/** The variants in use on an adapter. */
export type MatmulChoice = { readonly tiled: MatmulVariant; readonly thin: readonly MatmulVariant[] }

type Source = Pick<Kernel, 'name' | 'sources'> & Partial<Pick<Kernel, 'enables' | 'requires'>>

/** Columns of C that a thread of a tiled variant computes. */
const THREAD_COLS = 8

/** A tile may compute this many times the elements that are wanted before a thin variant is better. */
const MAX_WASTE = 4

/** A variant of `rows` x `cols` threads, each with `threadRows` x 8 elements of C. */
export function tiledVariant(
  source: Source & { readonly isStaged?: boolean },
  { cols, rows, threadRows }: { readonly cols: number; readonly rows: number; readonly threadRows: number },
): MatmulVariant {
  return {
    kernel: matmulKernel(source, { COLS: cols, ROWS: rows }),
    tileRows: rows * threadRows,
    tileCols: cols * THREAD_COLS,
    isStaged: source.isStaged ?? false,
  }
}

/** A variant of one row and `cols` columns a workgroup, k shared out among `slices` threads. */
export function thinVariant(
  source: Source,
  { cols, slices }: { readonly cols: number; readonly slices: number },
): MatmulVariant {
  const kernel = matmulKernel(source, { COLS: cols, SLICES: slices })
  return { kernel, tileRows: 1, tileCols: cols, isStaged: false }
}

/** The variant of `choice` for a result of `rows` x `cols`. */
export function variantFor(choice: MatmulChoice, rows: number, cols: number): MatmulVariant {
  if (waste(choice.tiled, rows, cols) <= MAX_WASTE) return choice.tiled
  const [first, ...others] = choice.thin
  if (first === undefined) return choice.tiled
  return others.reduce(
    (best, thin) => (waste(thin, rows, cols) * MAX_WASTE < waste(best, rows, cols) ? thin : best),
    first,
  )
}

function waste({ tileRows, tileCols }: MatmulVariant, rows: number, cols: number): number {
  return (Math.ceil(rows / tileRows) * tileRows * Math.ceil(cols / tileCols) * tileCols) / (rows * cols)
}

function matmulKernel(
  { name, sources, enables = [], requires = [] }: Source,
  constants: Readonly<Record<string, number>>,
): Kernel {
  return {
    name,
    sources: [matmulParams, ...sources],
    tensors: ['read', 'read', 'write'],
    params: ['rows', 'cols', 'inner', 'rowStart', 'colStart', 'accumulate'],
    constants,
    enables,
    requires,
  }
}
