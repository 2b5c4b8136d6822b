// The kind `matmul`: C (m, n) = A (m, k) · B (k, n). int8 inputs give the exact int32 product, f32 inputs a product within bounds.
// A unit is one block of C over the whole of k; its parts are the canonical tiles of that block.
import { bytesOf, equals, fromHex } from '#core/bytes.ts'
import { partCount, partSpan } from '#core/content.ts'
import { DIGEST_BYTES, type Digest, digestBytes, digestOf } from '#core/digest.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { matrixOfBytes, readTileBytes } from '#tensor/tiles.ts'
import { MAX_UNITS } from '#work/job.ts'
import type { Kind, UnitInputs } from '#work/kind.ts'
import { blockLayout, blockParts, gatherBlock } from '#work/tile-block.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { freivaldsOperations } from './matmul/freivalds.ts'
import { isProduct, isWithinF32Bound, multiplyByReference, multiplyOn, needsOf, partialRow } from './matmul/operands.ts'
import { MatmulError, blockOf, partBlock, productOf, shapeOf, unitBlocks, unitCount } from './matmul/product.ts'

/** A kind whose checks need no model and no waiting. */
type ArrayKind = Omit<Kind, 'possession' | 'recompute'> & {
  possession(unit: Unit, inputs: UnitInputs, key: Digest): Digest
  recompute(unit: Unit, inputs: UnitInputs, index: number): Uint8Array<ArrayBuffer>
}

/** Freivalds over the whole block; where that finds something wrong, over one tile after the other until the first wrong one. */
function auditProduct(unit: Unit, inputs: UnitInputs, result: readonly Uint8Array[], random: Random): number | null {
  const product = productOf(unit)
  const block = blockOf(unit, product)
  const layout = blockLayout(product.c, block)
  const short = result.findIndex((part, index) => part.length !== partSpan(layout, index).length)
  if (short !== -1 || result.length !== partCount(layout)) return Math.max(short, 0)
  const whole = { rowStart: 0, rowEnd: layout.rows, colStart: 0, colEnd: layout.cols }
  const c = gatherBlock({ ...layout, dtype: 'i32' }, whole, (index) => new Uint8Array(result[index] ?? []))
  if (isProduct(product, block, inputs, c, random)) return null
  const wrong = result.findIndex((part, index) => {
    const own = partBlock(unit, index)
    return !isProduct(product, own.block, inputs, matrixOfBytes('i32', new Uint8Array(part)), random)
  })
  // What the whole shows and no tile does is a matter of luck, once in 2^31: then nothing is shown.
  return wrong === -1 ? null : wrong
}

/** Matrix products. */
export const matmul: ArrayKind = {
  name: 'matmul',
  version: 1,
  kernels: 'products',

  describe(unit) {
    const product = productOf(unit)
    const { m, k, n } = shapeOf(product, blockOf(unit, product))
    const { rows, cols } = product.c
    const matrices = `${rows} x ${k} and a ${k} x ${cols} matrix`
    return m === rows && n === cols ? `Multiplied a ${matrices}` : `Multiplied a ${m} x ${n} part of a ${matrices}`
  },

  assertJob(task) {
    const product = productOf(task)
    const [name] = Object.keys(task.params)
    if (name !== undefined) throw new MatmulError(`it takes no parameters, got "${name.slice(0, 32)}"`)
    const units = unitCount(product)
    if (units > MAX_UNITS) throw new MatmulError(`it would be ${units} units, more than ${MAX_UNITS}`)
  },

  assertUnit(unit) {
    blockOf(unit, productOf(unit))
  },

  comparison(unit) {
    return productOf(unit).a.dtype === 'i8' ? 'exact' : 'tolerant'
  },

  split(task) {
    matmul.assertJob(task)
    const { name: kind, version } = matmul
    return unitBlocks(productOf(task)).map((block) => ({ kind, version, inputs: task.inputs, params: block }))
  },

  operations(unit) {
    const product = productOf(unit)
    const { m, k, n } = shapeOf(product, blockOf(unit, product))
    return 2n * BigInt(m) * BigInt(n) * BigInt(k)
  },

  resultLayout(unit) {
    const product = productOf(unit)
    return blockLayout(product.c, blockOf(unit, product))
  },

  needs(unit) {
    const product = productOf(unit)
    return needsOf(product, blockOf(unit, product))
  },

  async run(unit, inputs, { backend }, options) {
    const product = productOf(unit)
    const block = blockOf(unit, product)
    const layout = blockLayout(product.c, block)
    const result = await multiplyOn(backend, product, block, inputs, options)
    return Array.from({ length: partCount(layout) }, (_, index) => readTileBytes(result, layout, index))
  },

  possession(unit, inputs, key) {
    const product = productOf(unit)
    const block = blockOf(unit, product)
    const random = seededRandom(fromHex(key, DIGEST_BYTES))
    const row = block.rowStart + randomInt(random, block.rowEnd - block.rowStart)
    // A proper prefix of k: its sums stand nowhere in the result. Only k = 1 has none.
    const prefix = 1 + randomInt(random, Math.max(1, product.a.cols - 1))
    const sums = digestBytes(partialRow(product, block, inputs, row, prefix))
    return digestOf('possession', { unit: unitId(unit), key, row, prefix, sums })
  },

  partNeeds(unit, index) {
    const { product, block } = partBlock(unit, index)
    return needsOf(product, block)
  },

  recompute(unit, inputs, index) {
    const { product, block } = partBlock(unit, index)
    return bytesOf(multiplyByReference(product, block, inputs))
  },

  auditPlan(unit) {
    if (matmul.comparison(unit) === 'tolerant')
      return { method: 'part', operations: matmul.operations(unit) / BigInt(partCount(matmul.resultLayout(unit))) }
    const product = productOf(unit)
    return { method: 'freivalds', operations: freivaldsOperations(shapeOf(product, blockOf(unit, product))) }
  },

  async audit(unit, inputs, result, random) {
    if (matmul.comparison(unit) === 'exact') return auditProduct(unit, inputs, result, random)
    const index = randomInt(random, result.length)
    const bytes = result[index] ?? new Uint8Array(0)
    const isRight = matmul.agree(unit, inputs, index, matmul.recompute(unit, inputs, index), bytes)
    return isRight ? null : index
  },

  agree(unit, inputs, index, a, b) {
    if (matmul.comparison(unit) === 'exact') return equals(a, b)
    const { product, block } = partBlock(unit, index)
    return isWithinF32Bound(product, block, inputs, a, b)
  },

  jobLayout(task) {
    return productOf(task).c
  },

  placements(task, unit) {
    const { c } = productOf(task)
    return blockParts(c, blockOf(unit, productOf(unit))).map((jobPart, unitPart) => ({ unitPart, jobPart }))
  },
}
