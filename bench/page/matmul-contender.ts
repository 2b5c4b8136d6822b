// What the matmul benchmark asks of each library.

/** A library that multiplies the operands it was opened with. */
export type Contender = { readonly name: string; readonly multiply: () => Promise<Float32Array | Int32Array> }

/** Operands of a square f32 product. */
export type SquareOperands = {
  readonly side: number
  readonly a: Float32Array<ArrayBuffer>
  readonly b: Float32Array<ArrayBuffer>
}
