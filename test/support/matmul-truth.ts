// The product of two int8 matrices by the definition, as slow and plain as can be.
type Int8Matrix = { readonly rows: number; readonly cols: number; readonly data: Int8Array }

/** C = A · B in i32. */
export function matmulInt8Reference(a: Int8Matrix, b: Int8Matrix): Int32Array<ArrayBuffer> {
  const c = new Int32Array(a.rows * b.cols)
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.cols; k++) {
      const value = a.data[i * a.cols + k] ?? 0
      for (let j = 0; j < b.cols; j++)
        c[i * b.cols + j] = (c[i * b.cols + j] ?? 0) + value * (b.data[k * b.cols + j] ?? 0)
    }
  return c
}
