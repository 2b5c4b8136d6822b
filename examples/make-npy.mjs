// Writes two random int8 matrices, A.npy (m x k) and B.npy (k x n), to try the grid with. Any Node from 18 on, no packages.
// Usage: node examples/make-npy.mjs [m] [k] [n] [folder]
import { randomFillSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [m = 1024, k = m, n = m] = process.argv.slice(2, 5).map(Number)
const folder = process.argv[5] ?? '.'
if (![m, k, n].every((size) => Number.isInteger(size) && size > 0)) {
  process.stderr.write('Usage: node examples/make-npy.mjs [m] [k] [n] [folder], with positive integers\n')
  process.exit(2)
}

for (const [name, rows, cols] of [
  ['A.npy', m, k],
  ['B.npy', k, n],
]) {
  const path = join(folder, name)
  writeFileSync(path, Buffer.concat([header(rows, cols), randomFillSync(Buffer.alloc(rows * cols))]))
  process.stdout.write(`${path}: ${rows} x ${cols} int8\n`)
}

/** The header of a row-major int8 matrix, NumPy format 1.0: elements begin at a multiple of 64 bytes. */
function header(rows, cols) {
  const literal = `{'descr': '|i1', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`
  const text = `${literal.padEnd(Math.ceil((10 + literal.length + 1) / 64) * 64 - 11)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(text.length)
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0]), length, Buffer.from(text, 'latin1')])
}
