// The bytes of a product: which tiles of A and B a block of C depends on, gathering them, and the portable computations on them.
import type { Random } from '#core/random.ts'
import type { MatrixData } from '#tensor/tiles.ts'
import { TILE } from '#core/content.ts'
import type { Backend, OperationOptions } from '#tensor/backend.ts'
import { matmulF32 } from '#tensor/cpu/matmul-f32.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { productSums } from '#tensor/cpu/product-sums.ts'
import { matrixOfBytes } from '#tensor/tiles.ts'
import { canBothBeCorrect } from '#tensor/tolerance.ts'
import type { PartNeed, UnitInputs } from '#work/kind.ts'
import { type TileBlock, blockParts, gatherBlock } from '#work/tile-block.ts'
import { firstWrongRow } from './freivalds.ts'
import { type Product, shapeOf } from './product.ts'

/** The canonical NaN: engines differ in the bits of others. */
const NAN_HIGH = 0x7ff8_0000

/** Parts of A (input 0) and B (input 1) that `block` of C depends on. */
export function needsOf(product: Product, block: TileBlock): PartNeed[] {
  const operands = operandBlocks(product, block)
  return [
    { input: 0, parts: blockParts(product.a, operands.a) },
    { input: 1, parts: blockParts(product.b, operands.b) },
  ]
}

/** `block` of C on `backend`, row-major. */
export function multiplyOn(
  backend: Backend,
  product: Product,
  block: TileBlock,
  inputs: UnitInputs,
  options: OperationOptions | undefined,
): Promise<MatrixData<'i32' | 'f32'>> {
  const shape = shapeOf(product, block)
  if (product.a.dtype === 'i8') {
    const { a, b } = gather('i8', product, block, inputs)
    return backend.matmulInt8(a, b, shape, options)
  }
  const { a, b } = gather('f32', product, block, inputs)
  return backend.matmulF32(a, b, shape, options)
}

/** `block` of C by the reference kernels, row-major. */
export function multiplyByReference(product: Product, block: TileBlock, inputs: UnitInputs): MatrixData<'i32' | 'f32'> {
  const shape = shapeOf(product, block)
  if (product.a.dtype === 'i8') {
    const { a, b } = gather('i8', product, block, inputs)
    return matmulInt8(a, b, shape)
  }
  const { a, b } = gather('f32', product, block, inputs)
  return matmulF32(a, b, shape)
}

/** Whether `c`, int32 and row-major, is `block` of an exact product, by Freivalds with `random`. */
export function isProduct(
  product: Product,
  block: TileBlock,
  inputs: UnitInputs,
  c: Int32Array,
  random: Random,
): boolean {
  const { a, b } = gather('i8', product, block, inputs)
  return firstWrongRow(a, b, c, shapeOf(product, block), random) === null
}

/**
 * Bytes of the sums over the first `prefix` products of one row of C within `block`: f64, little endian, added in order, so the same
 * everywhere for f32 too.
 */
export function partialRow(
  product: Product,
  block: TileBlock,
  inputs: UnitInputs,
  row: number,
  prefix: number,
): Uint8Array<ArrayBuffer> {
  const sums = new Float64Array(block.colEnd - block.colStart)
  const band = Math.floor(row / TILE) * TILE
  for (let from = 0; from < prefix; from += TILE) {
    const tileCols = Math.min(TILE, product.a.cols - from)
    const a = tileOf(product, 'a', inputs, { row: band, col: from })
    const aFrom = (row - band) * tileCols
    for (let col = block.colStart; col < block.colEnd; col += TILE) {
      const width = Math.min(TILE, product.b.cols - col)
      const b = tileOf(product, 'b', inputs, { row: from, col })
      const own = sums.subarray(col - block.colStart, col - block.colStart + width)
      for (let p = 0; p < Math.min(tileCols, prefix - from); p++) addScaled(own, a[aFrom + p] ?? 0, b, p * width)
    }
  }
  return bytesOfSums(sums)
}

/** Whether two f32 results of `block`, as bytes, can both be correct by the table of tolerances. */
export function isWithinF32Bound(
  product: Product,
  block: TileBlock,
  inputs: UnitInputs,
  first: Uint8Array,
  second: Uint8Array,
): boolean {
  const shape = shapeOf(product, block)
  if (first.length !== 4 * shape.m * shape.n || second.length !== first.length) return false
  const { a, b } = gather('f32', product, block, inputs)
  const sumAt = productSums(a, b, shape)
  const x = matrixOfBytes('f32', new Uint8Array(first))
  const y = matrixOfBytes('f32', new Uint8Array(second))
  return x.every((value, at) => canBothBeCorrect('matmul-f32', sumAt(at), value, y[at] ?? 0))
}

/** The rows of A and the columns of B that a block of C depends on. */
function operandBlocks({ a }: Product, block: TileBlock): { a: TileBlock; b: TileBlock } {
  return {
    a: { rowStart: block.rowStart, rowEnd: block.rowEnd, colStart: 0, colEnd: a.cols },
    b: { rowStart: 0, rowEnd: a.cols, colStart: block.colStart, colEnd: block.colEnd },
  }
}

/** Both operands of a block as `dtype`, which must be the product's. */
function gather<T extends 'i8' | 'f32'>(
  dtype: T,
  product: Product,
  block: TileBlock,
  inputs: UnitInputs,
): { a: MatrixData<T>; b: MatrixData<T> } {
  const operands = operandBlocks(product, block)
  return {
    a: gatherBlock({ ...product.a, dtype }, operands.a, (index) => inputs.part(0, index)),
    b: gatherBlock({ ...product.b, dtype }, operands.b, (index) => inputs.part(1, index)),
  }
}

function tileOf(
  product: Product,
  side: 'a' | 'b',
  inputs: UnitInputs,
  { row, col }: { row: number; col: number },
): MatrixData<'i8' | 'f32'> {
  const { dtype, cols } = product[side]
  const part = (row / TILE) * Math.ceil(cols / TILE) + col / TILE
  return matrixOfBytes(dtype, inputs.part(side === 'a' ? 0 : 1, part))
}

function addScaled(sums: Float64Array, factor: number, values: MatrixData<'i8' | 'f32'>, from: number): void {
  const { length } = sums
  for (let at = 0; at < length; at++) sums[at] = (sums[at] ?? 0) + factor * (values[from + at] ?? 0)
}

function bytesOfSums(sums: Float64Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 * sums.length)
  const view = new DataView(bytes.buffer)
  for (const [at, sum] of sums.entries())
    if (Number.isNaN(sum)) view.setUint32(8 * at + 4, NAN_HIGH, true)
    else view.setFloat64(8 * at, sum, true)
  return bytes
}
