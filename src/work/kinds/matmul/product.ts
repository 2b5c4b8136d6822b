// What a product is before any byte of it is read: the layouts of A, B and C, their limits, and how C is cut into units.
import * as v from 'valibot'
import { type ContentLayout, LayoutError, TILE, assertLayout, elementBytes, partCount } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import { uintSchema } from '#core/schema.ts'
import { MAX_INNER_INT8, type MatmulShape } from '#tensor/backend.ts'
import type { MatrixLayout } from '#tensor/tiles.ts'
import type { JobTask } from '#work/kind.ts'
import { type TileBlock, blockLayout, tileBlock } from '#work/tile-block.ts'
import type { Unit } from '#work/unit.ts'

/** Bytes of A and B that one unit needs. A node holds them as tiles and as rows: both stay well within its 256 MiB. */
export const MAX_UNIT_INPUT_BYTES = 64 * 2 ** 20

/** Longest inner dimension of an f32 product: one tile's rows and columns are {@link MAX_UNIT_INPUT_BYTES}. */
export const MAX_INNER_F32 = MAX_UNIT_INPUT_BYTES / (2 * TILE * 4)

/** Operations in one unit: seconds, not minutes, on the slowest device worth leasing to. */
export const MAX_UNIT_OPERATIONS = 2 ** 34

/** Rows and columns of a unit's block: the first that fits the limits is taken, and {@link TILE} always does. */
const UNIT_SIDES = [4 * TILE, 3 * TILE, 2 * TILE] as const

/** Layouts of a product. */
export type Product = {
  readonly a: MatrixLayout<'i8' | 'f32'>
  readonly b: MatrixLayout<'i8' | 'f32'>
  readonly c: MatrixLayout<'i32' | 'f32'>
}

/** The product of a job or unit. Throws {@link MatmulError} when the inputs do not fit together or are too large. */
export function productOf({ inputs }: Pick<JobTask, 'inputs'>): Product {
  const [first, second] = inputs
  if (first === undefined || second === undefined || inputs.length !== 2)
    throw new MatmulError(`it needs two matrices, got ${inputs.length} inputs`)
  const a = operandOf('A', first.layout)
  const b = operandOf('B', second.layout)
  if (a.dtype !== b.dtype) throw new MatmulError(`A is ${a.dtype} and B is ${b.dtype}; both must be i8 or both f32`)
  if (a.cols !== b.rows)
    throw new MatmulError(
      `A is ${a.rows} x ${a.cols} and B is ${b.rows} x ${b.cols}; A must have as many columns as B has rows`,
    )
  const limit = a.dtype === 'i8' ? MAX_INNER_INT8 : MAX_INNER_F32
  const reason = a.dtype === 'i8' ? 'whose sums fit an int32' : 'that one unit can hold'
  if (a.cols > limit) throw new MatmulError(`its inner dimension is ${a.cols}, more than the ${limit} ${reason}`)
  return { a, b, c: resultOf(a, b) }
}

/** Rows and columns of a full unit of `product`, multiples of {@link TILE}. */
function unitSide({ a }: Product): number {
  const fits = (side: number): boolean =>
    2 * side * a.cols * elementBytes(a.dtype) <= MAX_UNIT_INPUT_BYTES && 2 * side * side * a.cols <= MAX_UNIT_OPERATIONS
  return UNIT_SIDES.find(fits) ?? TILE
}

/** Number of units of `product`. */
export function unitCount(product: Product): number {
  const side = unitSide(product)
  return Math.ceil(product.c.rows / side) * Math.ceil(product.c.cols / side)
}

/** The blocks of C that are the units of `product`, row by row. */
export function unitBlocks(product: Product): TileBlock[] {
  const side = unitSide(product)
  const blocks: TileBlock[] = []
  for (let row = 0; row < product.c.rows; row += side)
    for (let col = 0; col < product.c.cols; col += side) blocks.push(blockAt(product, side, row, col))
  return blocks
}

const blockSchema = v.strictObject({
  rowStart: uintSchema(),
  rowEnd: uintSchema(),
  colStart: uintSchema(),
  colEnd: uintSchema(),
})

/** The block of C that a unit is. Throws {@link MatmulError} unless it is one of its product's units. */
export function blockOf(unit: Unit, product: Product): TileBlock {
  const parsed = v.safeParse(blockSchema, unit.params)
  if (!parsed.success)
    throw new MatmulError('its unit must say rowStart, rowEnd, colStart and colEnd, and nothing else')
  const block = parsed.output
  const side = unitSide(product)
  const { rowStart, rowEnd, colStart, colEnd } = block
  const wanted = blockAt(product, side, rowStart, colStart)
  const isOnGrid = rowStart % side === 0 && colStart % side === 0
  const isInside = rowStart < product.c.rows && colStart < product.c.cols
  if (!isOnGrid || !isInside || rowEnd !== wanted.rowEnd || colEnd !== wanted.colEnd)
    throw new MatmulError(
      `rows ${rowStart}..${rowEnd} and columns ${colStart}..${colEnd} of the result are no unit of it`,
    )
  return block
}

/** The block of C that part `index` of a unit's result is. */
export function partBlock(unit: Unit, index: number): { product: Product; block: TileBlock } {
  const product = productOf(unit)
  const block = blockOf(unit, product)
  const layout: ContentLayout = blockLayout(product.c, block)
  const parts = partCount(layout)
  if (!Number.isSafeInteger(index) || index < 0 || index >= parts)
    throw new RangeError(`Part ${index} is outside a result of ${parts} parts.`)
  const own = tileBlock(blockLayout(product.c, block), index)
  return {
    product,
    block: {
      rowStart: block.rowStart + own.rowStart,
      rowEnd: block.rowStart + own.rowEnd,
      colStart: block.colStart + own.colStart,
      colEnd: block.colStart + own.colEnd,
    },
  }
}

/** Sizes of the product that gives `block`. */
export function shapeOf({ a }: Product, block: TileBlock): MatmulShape {
  return { m: block.rowEnd - block.rowStart, k: a.cols, n: block.colEnd - block.colStart }
}

function blockAt({ c }: Product, side: number, rowStart: number, colStart: number): TileBlock {
  return {
    rowStart,
    rowEnd: Math.min(c.rows, rowStart + side),
    colStart,
    colEnd: Math.min(c.cols, colStart + side),
  }
}

function operandOf(name: string, layout: ContentLayout): MatrixLayout<'i8' | 'f32'> {
  if (layout.form !== 'matrix') throw new MatmulError(`${name} is a blob, not a matrix`)
  const { dtype, rows, cols } = layout
  if (dtype === 'i32') throw new MatmulError(`${name} is i32; both must be i8 or both f32`)
  return { form: 'matrix', dtype, rows, cols }
}

function resultOf(a: MatrixLayout, b: MatrixLayout): MatrixLayout<'i32' | 'f32'> {
  const layout = { form: 'matrix', dtype: a.dtype === 'i8' ? 'i32' : 'f32', rows: a.rows, cols: b.cols } as const
  try {
    assertLayout(layout)
  } catch (cause) {
    if (cause instanceof LayoutError) throw new MatmulError(`its ${a.rows} x ${b.cols} result is too large`, { cause })
    throw cause
  }
  return layout
}

/** A product cannot be computed as it was asked for. */
export class MatmulError extends AppError {
  override readonly name = 'work.Matmul'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `This is no product that can be computed: ${problem}.`, options)
  }
}
