// The header of a .npy file (NumPy format versions 1.0, 2.0 and 3.0; numpy.lib.format): magic, version, length, and a Python literal with
// three keys, read by a strict parser of just that literal. Nothing is ever evaluated, and pickled objects are refused.
import { concat, equals, fromUtf8, utf8 } from '#core/bytes.ts'
import { type DType, LayoutError, MAX_DIM, assertLayout, elementBytes } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { MatrixLayout } from '#tensor/tiles.ts'

/** What a header says of a matrix. */
export type NpyHeader = {
  readonly layout: MatrixLayout
  readonly isFortranOrder: boolean
  readonly isBigEndian: boolean
  /** Where the elements begin. */
  readonly dataOffset: number
}

/** Longest literal read. Version 1 cannot say more, NumPy itself reads 10,000; a version 2 file may claim 4 GiB. */
export const MAX_NPY_HEADER_BYTES = 65_535

/** Magic, version and the longest length field: what must be read before a header's length is known. */
export const NPY_PREAMBLE_BYTES = 12

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) // \x93NUMPY

/** NumPy starts the elements at a multiple of this, so that a file can be mapped into memory. */
const ALIGNMENT = 64

/** Digits of a dimension: more than MAX_DIM has, few enough to stay exact. */
const MAX_DIGITS = 15

/** Where the literal of a header lies, from the file's first bytes. */
export function npyLiteralSpan(preamble: Uint8Array, fileBytes: number): { version: number; from: number; to: number } {
  if (!equals(preamble.subarray(0, MAGIC.length), MAGIC)) throw new NpyError('does not begin as a .npy file does')
  const version = preamble[6] ?? 0
  const minor = preamble[7] ?? 0
  if (version < 1 || version > 3 || minor !== 0) throw new NpyError(`is of version ${version}.${minor}, not 1.0 to 3.0`)
  const lengthBytes = version === 1 ? 2 : 4
  const from = MAGIC.length + 2 + lengthBytes
  if (preamble.length < from) throw new NpyError('ends within its header')
  const view = new DataView(preamble.buffer, preamble.byteOffset, preamble.length)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > MAX_NPY_HEADER_BYTES)
    throw new NpyError(`claims a header of ${length} bytes, more than ${MAX_NPY_HEADER_BYTES}`)
  if (from + length > fileBytes) throw new NpyError('ends within its header')
  return { version, from, to: from + length }
}

/** The header whose literal is `literal`; its elements begin at `dataOffset`. Throws {@link NpyError} on anything but a matrix. */
export function parseNpyHeader(literal: Uint8Array, version: number, dataOffset: number): NpyHeader {
  const fields = new LiteralParser(textOf(literal, version)).parse()
  const { dtype, isBigEndian } = elementsOf(fields.descr)
  const layout = layoutOf(dtype, fields.shape)
  return { layout, isFortranOrder: fields.fortranOrder, isBigEndian, dataOffset }
}

/** Bytes before the elements of a row-major matrix, as NumPy writes them (version 1.0). */
export function encodeNpyHeader({ dtype, rows, cols }: MatrixLayout): Uint8Array<ArrayBuffer> {
  const descr = { i8: '|i1', i32: '<i4', f32: '<f4' }[dtype]
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`
  const before = MAGIC.length + 4
  const padding = ALIGNMENT - ((before + literal.length + 1) % ALIGNMENT)
  const text = utf8(`${literal}${' '.repeat(padding % ALIGNMENT)}\n`)
  return concat(MAGIC, Uint8Array.of(1, 0, text.length & 0xff, text.length >> 8), text)
}

function textOf(literal: Uint8Array, version: number): string {
  try {
    // Versions 1 and 2 are Latin-1, which differs from UTF-8 past ASCII only, and no matrix needs that.
    return fromUtf8(literal)
  } catch {
    throw new NpyError(`has a header that is not ${version === 3 ? 'UTF-8' : 'ASCII'} text`)
  }
}

function elementsOf(descr: string): { dtype: DType; isBigEndian: boolean } {
  if (/^[|<>=]?O/.test(descr)) throw new NpyError('holds pickled Python objects, which are never read')
  const match = /^([|<>=]?)(i1|i4|f4)$/.exec(descr)
  const [, order, type] = match ?? []
  const isOrdered = type === 'i1' || order === '<' || order === '>'
  if (match === null || !isOrdered)
    throw new NpyError(`holds elements of dtype "${descr.slice(0, 32)}"; convert them to int8 or float32`)
  return { dtype: type === 'i1' ? 'i8' : type === 'i4' ? 'i32' : 'f32', isBigEndian: order === '>' && type !== 'i1' }
}

function layoutOf(dtype: DType, shape: readonly number[]): MatrixLayout {
  const [rows, cols] = shape
  const text = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  if (rows === undefined || cols === undefined || shape.length !== 2)
    throw new NpyError(`has the shape ${text} of ${shape.length} dimensions; a matrix has two`)
  if (rows === 0 || cols === 0) throw new NpyError(`has the shape ${text}: it is empty`)
  const layout = { form: 'matrix', dtype, rows, cols } as const
  try {
    assertLayout(layout)
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error
    const mebibytes = Math.ceil((rows * cols * elementBytes(dtype)) / 2 ** 20)
    throw new NpyError(`has the shape ${text}: ${mebibytes} MiB, or a dimension past ${MAX_DIM}, are too large`)
  }
  return layout
}

type Fields = { descr: string; fortranOrder: boolean; shape: number[] }

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` with its keys in any order, and nothing else. */
class LiteralParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Fields {
    const fields: Partial<Fields> = {}
    this.#expect('{')
    while (!this.#take('}')) {
      const key = this.#string()
      this.#expect(':')
      this.#field(fields, key)
      if (!this.#take(',')) {
        this.#expect('}')
        break
      }
    }
    this.#skipSpace()
    if (this.#at !== this.#text.length) throw this.#problem()
    const { descr, fortranOrder, shape } = fields
    if (descr === undefined || fortranOrder === undefined || shape === undefined)
      throw new NpyError('has a header without descr, fortran_order or shape')
    return { descr, fortranOrder, shape }
  }

  #field(fields: Partial<Fields>, key: string): void {
    if (key === 'descr' && fields.descr === undefined) fields.descr = this.#descr()
    else if (key === 'fortran_order' && fields.fortranOrder === undefined) fields.fortranOrder = this.#boolean()
    else if (key === 'shape' && fields.shape === undefined) fields.shape = this.#tuple()
    else throw new NpyError(`has a header with an unexpected or repeated key "${key.slice(0, 32)}"`)
  }

  #descr(): string {
    this.#skipSpace()
    if (this.#text[this.#at] === '[' || this.#text[this.#at] === '(')
      throw new NpyError('holds records of several fields, not a matrix')
    return this.#string()
  }

  /** Quoted text without escapes: no key or dtype of a matrix needs one. */
  #string(): string {
    const [, , body] = this.#match(/\s*(['"])([^'"\\\n]*)\1/y)
    return body ?? ''
  }

  #boolean(): boolean {
    return this.#match(/\s*(True|False)/y)[1] === 'True'
  }

  #tuple(): number[] {
    const numbers: number[] = []
    this.#expect('(')
    while (!this.#take(')')) {
      // Python 2 wrote `3L`.
      const digits = this.#match(/\s*(0|[1-9][0-9]*)L?/y)[1] ?? ''
      if (digits.length > MAX_DIGITS) throw new NpyError(`has a dimension of ${digits.length} digits`)
      numbers.push(Number(digits))
      if (!this.#take(',')) {
        this.#expect(')')
        break
      }
    }
    return numbers
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) throw this.#problem()
    this.#at = pattern.lastIndex
    return match
  }

  #take(token: string): boolean {
    this.#skipSpace()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#problem()
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #problem(): NpyError {
    return new NpyError(`has a header that makes no sense at character ${this.#at}`)
  }
}

/** A file is no .npy matrix that can be read. */
export class NpyError extends AppError {
  override readonly name = 'work.Npy'
  constructor(problem: string) {
    super('input', `The .npy file ${problem}.`)
  }
}
