// The kind `matmul` from job to result: what is refused, how it splits, and that the parts put together are the product.
import { bytesOf, equals } from '#core/bytes.ts'
import { MAX_DIM, TILE, partCount } from '#core/content.ts'
import type { ContentLayout } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { digestOf } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { MAX_INNER_INT8 } from '#tensor/backend.ts'
import { TOLERANCES } from '#tensor/tolerance.ts'
import { referenceModels } from '#model/model-cache.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { matmulF32 } from '#tensor/cpu/matmul-f32.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { allocateMatrix, matrixOfBytes, writeTileBytes } from '#tensor/tiles.ts'
import type { MatrixData } from '#tensor/tiles.ts'
import { MAX_UNITS } from '#work/job.ts'
import type { JobTask, Kind } from '#work/kind.ts'
import { KINDS, UnknownKindError, kindOf } from '#work/kinds.ts'
import { matmul } from '#work/kinds/matmul.ts'
import { MAX_INNER_F32, MAX_UNIT_INPUT_BYTES, MAX_UNIT_OPERATIONS, MatmulError } from '#work/kinds/matmul/product.ts'
import type { Unit } from '#work/unit.ts'
import { unitId } from '#work/unit.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HeldContent, inputsOf, randomMatrix } from '../support/certified-job.ts'

describe('kinds', () => {
  test('error: an unknown kind or version, with a list of what there is', () => {
    for (const [name, version] of [
      ['generate-nothing', 1],
      ['matmul', 2],
      ['', 1],
    ] as const)
      expect(() => kindOf(name, version)).toThrow(UnknownKindError)
    expect(() => kindOf('matmull', 1)).toThrow(
      'There is no kind of work "matmull" in version 1; there is matmul version 1',
    )
    expect(KINDS).toContain(matmul)
  })
})

describe('matmul job', () => {
  test.each([
    ['the columns of A are not the rows of B', [matrix('i8', 3, 4), matrix('i8', 5, 6)], 'A is 3 x 4 and B is 5 x 6'],
    ['two dtypes', [matrix('i8', 3, 4), matrix('f32', 4, 6)], 'A is i8 and B is f32'],
    ['i32', [matrix('i32', 3, 4), matrix('i32', 4, 6)], 'A is i32'],
    ['a blob', [matrix('i8', 3, 4), { form: 'blob', sizeBytes: 24 }], 'B is a blob'],
    ['one input', [matrix('i8', 3, 4)], 'two matrices, got 1'],
    ['three inputs', [matrix('i8', 4, 4), matrix('i8', 4, 4), matrix('i8', 4, 4)], 'got 3'],
    ['too large a result', [matrix('f32', MAX_DIM, 1), matrix('f32', 1, MAX_DIM)], 'result is too large'],
  ] as const)('error: %s', (_, layouts, message) => {
    const error = caught(() => matmul.assertJob(task(...layouts)))
    expect(error).toBeInstanceOf(MatmulError)
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining(message) as unknown })
  })

  test('error: parameters', () => {
    const { inputs } = task(matrix('i8', 3, 4), matrix('i8', 4, 6))
    expect(() => matmul.assertJob({ inputs, params: { fast: true } })).toThrow('no parameters, got "fast"')
  })

  test('limit: k 131071 accepted, 131072 refused for int8; 32768 accepted, 32769 refused for f32', () => {
    for (const [dtype, limit] of [
      ['i8', MAX_INNER_INT8],
      ['f32', MAX_INNER_F32],
    ] as const) {
      matmul.assertJob(task(matrix(dtype, 3, limit), matrix(dtype, limit, 6)))
      expect(() => matmul.assertJob(task(matrix(dtype, 3, limit + 1), matrix(dtype, limit + 1, 6)))).toThrow(
        `more than the ${limit}`,
      )
    }
  })

  test(`limit: ${MAX_UNITS} units accepted, one more refused`, () => {
    // At k = 131,071 a unit is one tile: 64 x 64 of them are the limit.
    const job = (rows: number): JobTask =>
      task(matrix('i8', rows, MAX_INNER_INT8), matrix('i8', MAX_INNER_INT8, 64 * TILE))
    expect(matmul.split(job(64 * TILE))).toHaveLength(MAX_UNITS)
    expect(() => matmul.split(job(64 * TILE + 1))).toThrow(`more than ${MAX_UNITS}`)
  })
})

describe('matmul units', () => {
  test('default: a 1024^3 product is one unit, a 4096^3 product sixteen', () => {
    const [only, ...others] = matmul.split(task(matrix('i8', 1024, 1024), matrix('i8', 1024, 1024)))
    expect(others).toEqual([])
    expect(only === undefined ? 0n : matmul.operations(only)).toBe(2n * 1024n ** 3n)
    const units = matmul.split(task(matrix('i8', 4096, 4096), matrix('i8', 4096, 4096)))
    expect(units).toHaveLength(16)
    expect(units.reduce((sum, unit) => sum + matmul.operations(unit), 0n)).toBe(2n * 4096n ** 3n)
  })

  test('behaviour: units cover the result once, aligned, within the limits of memory and time', () => {
    const dtype = fc.constantFrom('i8' as const, 'f32' as const)
    const size = fc.integer({ min: 1, max: 5000 })
    fc.assert(
      fc.property(dtype, size, fc.integer({ min: 1, max: 32_768 }), size, (type, m, k, n) => {
        const job = task(matrix(type, m, k), matrix(type, k, n))
        const units = matmul.split(job)
        const placed = new Set<number>()
        for (const unit of units) {
          matmul.assertUnit(unit)
          const layout = matmul.resultLayout(unit)
          const { rowStart, rowEnd, colStart, colEnd } = unit.params as Record<string, number>
          expect([rowStart, colStart].every((start) => start !== undefined && start % TILE === 0)).toBe(true)
          expect(layout).toMatchObject({
            rows: Number(rowEnd) - Number(rowStart),
            cols: Number(colEnd) - Number(colStart),
          })
          const bytes =
            (Number(rowEnd) - Number(rowStart) + Number(colEnd) - Number(colStart)) * k * (type === 'i8' ? 1 : 4)
          expect(bytes).toBeLessThanOrEqual(MAX_UNIT_INPUT_BYTES)
          expect(matmul.operations(unit)).toBeLessThanOrEqual(BigInt(MAX_UNIT_OPERATIONS))
          const places = matmul.placements(job, unit)
          expect(places.map(({ unitPart }) => unitPart)).toEqual([...Array(partCount(layout)).keys()])
          for (const { jobPart } of places) {
            expect(placed.has(jobPart)).toBe(false)
            placed.add(jobPart)
          }
        }
        expect(placed.size).toBe(partCount(matmul.jobLayout(job)))
        expect(new Set(units.map((unit) => unitId(unit))).size).toBe(units.length)
      }),
      { numRuns: 60 },
    )
  })

  test('error: a unit that is none of its product', () => {
    const [unit] = matmul.split(task(matrix('i8', 2000, 10), matrix('i8', 10, 2000)))
    if (unit === undefined) throw new Error('no unit')
    for (const change of [
      { rowStart: 1 },
      { rowStart: 256 },
      { rowStart: 1024 },
      { rowEnd: 1023 },
      { rowEnd: 1025 },
      { rowStart: 2048, rowEnd: 2000 },
      { colStart: 1024 },
      { colEnd: 2000 },
      { more: 1 },
      { rowStart: '0' },
      { rowStart: null },
    ])
      expect(() => matmul.assertUnit({ ...unit, params: { ...unit.params, ...change } })).toThrow(MatmulError)
    expect(() => matmul.assertUnit({ ...unit, params: {} })).toThrow('rowStart')
  })

  test('behaviour: a unit says in words what it is', () => {
    const [whole] = matmul.split(task(matrix('i8', 300, 40), matrix('i8', 40, 20)))
    const [part] = matmul.split(task(matrix('i8', 3000, 40), matrix('i8', 40, 20)))
    expect(whole === undefined ? '' : matmul.describe(whole)).toBe('Multiplied a 300 x 40 and a 40 x 20 matrix')
    expect(part === undefined ? '' : matmul.describe(part)).toBe(
      'Multiplied a 1024 x 20 part of a 3000 x 40 and a 40 x 20 matrix',
    )
  })
})

describe('matmul result', () => {
  test.each([
    ['i8', 1, 1, 1],
    ['i8', 255, 257, 256],
    ['i8', 1030, 60, 1300],
    ['f32', 257, 300, 511],
  ] as const)('default: %s %i x %i x %i', async (dtype, m, k, n) => {
    const random = seededRandom(`matmul ${dtype} ${m} ${k} ${n}`)
    const contents = [randomMatrix(random, dtype, m, k), randomMatrix(random, dtype, k, n)]
    const job = taskOf(contents)
    const layout = matmul.jobLayout(job)
    if (layout.form !== 'matrix') throw new Error('no matrix')
    const whole = allocateMatrix(layout.dtype, m * n)
    const backend = await openCpuBackend()
    for (const unit of matmul.split(job)) {
      const inputs = inputsOf(matmul, unit, contents)
      const parts = await matmul.run(unit, inputs, { backend, models: referenceModels() })
      for (const { unitPart, jobPart } of matmul.placements(job, unit)) {
        const part = parts[unitPart]
        if (part === undefined) throw new Error('no part')
        writeTileBytes(whole, layout, jobPart, part)
        // The reference needs only the part's own inputs, and agrees to the byte.
        expect(equals(matmul.recompute(unit, partInputs(unit, unitPart, contents), unitPart), part)).toBe(true)
        expect(matmul.agree(unit, partInputs(unit, unitPart, contents), unitPart, part, part)).toBe(true)
      }
    }
    await backend.close()
    expect(equals(bytesOf(whole), bytesOf(product(dtype, contents, m, k, n)))).toBe(true)
  })

  test('error: parts that are not there', () => {
    const [unit] = matmul.split(task(matrix('i8', 300, 10), matrix('i8', 10, 20)))
    if (unit === undefined) throw new Error('no unit')
    for (const index of [-1, 2, 0.5]) expect(() => matmul.partNeeds(unit, index)).toThrow(RangeError)
  })
})

describe('matmul possession', () => {
  const contents = (dtype: 'i8' | 'f32', k: number): HeldContent[] => {
    const random = seededRandom(`possession ${dtype} ${k}`)
    return [randomMatrix(random, dtype, 300, k), randomMatrix(random, dtype, k, 270)]
  }
  const tags = (held: readonly HeldContent[]): Digest[] => {
    const [unit] = matmul.split(taskOf(held))
    if (unit === undefined) throw new Error('no unit')
    const inputs = inputsOf(matmul, unit, held)
    return Array.from({ length: 20 }, (_, at) => matmul.possession(unit, inputs, digestOf('test-key', at)))
  }

  test('behaviour: bound to the key, the same every time', () => {
    for (const dtype of ['i8', 'f32'] as const) {
      const held = contents(dtype, 600)
      expect(new Set(tags(held)).size).toBe(20)
      expect(tags(held)).toEqual(tags(held))
    }
  })

  test('vector: a fixed unit and key have a fixed tag', () => {
    expect(tags(contents('i8', 600))[0]).toMatchInlineSnapshot(
      `"37ba40a65249e36dd89cb57ceed541637034f9178fd4b2e845ca7b38425cfedd"`,
    )
    expect(tags(contents('f32', 600))[0]).toMatchInlineSnapshot(
      `"fdc8beab75050b7bbc42afe97c51788933fde03e6a4c4171b0d1a01abbe54667"`,
    )
  })

  test('behaviour: a tag is over sums that the result does not hold', () => {
    // Of B only the last row changes: the result changes, sums over any proper prefix of k do not.
    const [a, b] = contents('i8', 257)
    if (a === undefined || b === undefined) throw new Error('no contents')
    const changed = b.parts.map((part, at) => (at < 2 ? part : part.map((value) => value ^ 1)))
    const [unit] = matmul.split(taskOf([a, b]))
    if (unit === undefined) throw new Error('no unit')
    const key = digestOf('test-key', 0)
    const tag = matmul.possession(unit, inputsOf(matmul, unit, [a, b]), key)
    expect(matmul.possession(unit, inputsOf(matmul, unit, [a, { ...b, parts: changed }]), key)).toBe(tag)
  })

  test('behaviour: NaN has one tag whatever its bits', () => {
    const held = contents('f32', 4)
    const withNan = (bits: number): HeldContent[] =>
      held.map(({ ref, leaves, parts }) => ({ ref, leaves, parts: parts.map((part) => filled(part.length, bits)) }))
    expect(tags(withNan(0x7fc0_0000))).toEqual(tags(withNan(0xffc0_1234)))
  })
})

describe('matmul audits', () => {
  const audited = async (dtype: 'i8' | 'f32') => {
    const random = seededRandom(`audit ${dtype}`)
    const contents = [randomMatrix(random, dtype, 300, 40), randomMatrix(random, dtype, 40, 500)]
    const unit = firstUnit(matmul, taskOf(contents))
    const inputs = inputsOf(matmul, unit, contents)
    const parts = Array.from({ length: 4 }, (_, index) => matmul.recompute(unit, inputs, index))
    const audit = (result: readonly Uint8Array[], seed: number) =>
      matmul.audit(unit, inputs, result, seededRandom(`${dtype} ${seed}`), referenceModels())
    const withWrong = (index: number) =>
      parts.map((part, at) => (at === index ? part.map((byte, i) => (i === 3 ? byte ^ 0x40 : byte)) : part))
    return { unit, parts, audit, withWrong }
  }

  test('behaviour: an exact product is checked whole, and the wrong part named', async () => {
    const { unit, parts, audit, withWrong } = await audited('i8')
    // Both operands and the result once: 2 (k n + m k + m n).
    expect(matmul.auditPlan(unit)).toEqual({ method: 'freivalds', operations: 2n * (20_000n + 12_000n + 150_000n) })
    expect(await audit(parts, 0)).toBeNull()
    for (const index of parts.keys()) expect(await audit(withWrong(index), index)).toBe(index)
    expect(await audit(parts.with(2, new Uint8Array(4)), 0)).toBe(2)
    expect(await audit(parts.slice(1), 0)).toBe(0)
  })

  test('behaviour: of a product within bounds one tile is computed again, drawn by the auditor', async () => {
    const { unit, parts, audit, withWrong } = await audited('f32')
    expect(matmul.auditPlan(unit)).toEqual({ method: 'part', operations: matmul.operations(unit) / 4n })
    for (let seed = 0; seed < 10; seed++) expect(await audit(parts, seed)).toBeNull()
    const found = await Promise.all(Array.from({ length: 40 }, (_, seed) => audit(withWrong(1), seed)))
    expect(new Set(found)).toEqual(new Set([null, 1]))
  })
})

describe('matmul tolerance', () => {
  const held = ((): HeldContent[] => {
    const random = seededRandom('tolerance')
    return [randomMatrix(random, 'f32', 40, 300), randomMatrix(random, 'f32', 300, 30)]
  })()
  const unit = firstUnit(matmul, taskOf(held))
  const inputs = inputsOf(matmul, unit, held)
  const right = matmul.recompute(unit, inputs, 0)
  const changed = (change: (values: MatrixData<'f32'>) => void): Uint8Array<ArrayBuffer> => {
    const copy = right.slice()
    change(matrixOfBytes('f32', copy))
    return copy
  }

  test('limit: just within the bound accepted, just past it refused', () => {
    expect(matmul.comparison(unit)).toBe('tolerant')
    const [a, b] = held.map(({ parts }) => parts)
    const row = matrixOfBytes('f32', a?.[0] ?? new Uint8Array(0))
    let magnitude = 0
    for (let p = 0; p < 256; p++)
      magnitude += Math.abs((row[p] ?? 0) * (matrixOfBytes('f32', b?.[0] ?? new Uint8Array(0))[p * 30] ?? 0))
    const rest = matrixOfBytes('f32', a?.[1] ?? new Uint8Array(0))
    for (let p = 0; p < 44; p++)
      magnitude += Math.abs((rest[p] ?? 0) * (matrixOfBytes('f32', b?.[1] ?? new Uint8Array(0))[p * 30] ?? 0))
    const bound = 2 * TOLERANCES['matmul-f32'].deviation({ k: 300, magnitude, subnormal: 0 })
    const off = (by: number): Uint8Array => changed((values) => void (values[0] = (values[0] ?? 0) + by))
    expect(matmul.agree(unit, inputs, 0, right, off(0.9 * bound))).toBe(true)
    expect(matmul.agree(unit, inputs, 0, right, off(1.1 * bound))).toBe(false)
    expect(matmul.agree(unit, inputs, 0, off(1.1 * bound), right)).toBe(false)
  })

  test('behaviour: NaN, infinity and other sizes agree with nothing', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const wrong = changed((values) => void (values[7] = value))
      expect(matmul.agree(unit, inputs, 0, right, wrong)).toBe(false)
      expect(matmul.agree(unit, inputs, 0, wrong, wrong)).toBe(false)
    }
    expect(matmul.agree(unit, inputs, 0, right, right.slice(4))).toBe(false)
    expect(matmul.agree(unit, inputs, 0, right.slice(4), right.slice(4))).toBe(false)
  })

  test('behaviour: exact results agree by bytes alone', () => {
    const random = seededRandom('exact')
    const contents = [randomMatrix(random, 'i8', 3, 4), randomMatrix(random, 'i8', 4, 5)]
    const exact = firstUnit(matmul, taskOf(contents))
    expect(matmul.comparison(exact)).toBe('exact')
    const own = inputsOf(matmul, exact, contents)
    const bytes = matmul.recompute(exact, own, 0)
    expect(matmul.agree(exact, own, 0, bytes, bytes.slice())).toBe(true)
    expect(
      matmul.agree(
        exact,
        own,
        0,
        bytes,
        bytes.map((byte, at) => byte ^ (at === 3 ? 1 : 0)),
      ),
    ).toBe(false)
  })
})

function filled(length: number, bits: number): Uint8Array<ArrayBuffer> {
  return bytesOf(new Uint32Array(length / 4).fill(bits))
}

function firstUnit(kind: Kind, job: JobTask): Unit {
  const [unit] = kind.split(job)
  if (unit === undefined) throw new Error('The job has no units.')
  return unit
}

function matrix(dtype: 'i8' | 'i32' | 'f32', rows: number, cols: number): ContentLayout {
  return { form: 'matrix', dtype, rows, cols }
}

function task(...layouts: readonly ContentLayout[]): JobTask {
  return { params: {}, inputs: layouts.map((layout) => ({ id: digestOf('test-content', layout), layout })) }
}

function taskOf(contents: readonly HeldContent[]): JobTask {
  return { params: {}, inputs: contents.map(({ ref }) => ref) }
}

function partInputs(unit: Unit, index: number, contents: readonly HeldContent[]): ReturnType<typeof inputsOf> {
  return inputsOf({ ...matmul, needs: () => matmul.partNeeds(unit, index) }, unit, contents)
}

function product(
  dtype: 'i8' | 'f32',
  [a, b]: readonly HeldContent[],
  m: number,
  k: number,
  n: number,
): MatrixData<'i32' | 'f32'> {
  if (a === undefined || b === undefined) throw new Error('no contents')
  return dtype === 'i8'
    ? matmulInt8(whole('i8', a, m, k), whole('i8', b, k, n), { m, k, n })
    : matmulF32(whole('f32', a, m, k), whole('f32', b, k, n), { m, k, n })
}

function whole<T extends 'i8' | 'f32'>(dtype: T, content: HeldContent, rows: number, cols: number): MatrixData<T> {
  const data = allocateMatrix(dtype, rows * cols)
  const layout = { form: 'matrix', dtype, rows, cols } as const
  for (const [index, part] of content.parts.entries()) writeTileBytes(data, layout, index, part)
  return data
}

function caught(call: () => void): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
