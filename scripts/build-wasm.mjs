// Compiles src/wasm/assembly to dist/wasm/kernels.wasm. SIMD only: no relaxed operation, whose results may differ between machines.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(`${root}dist/wasm`, { recursive: true })

const { error } = await asc.main(
  [
    'src/wasm/assembly/attention.ts',
    'src/wasm/assembly/linear.ts',
    'src/wasm/assembly/quantise.ts',
    '--baseDir',
    root,
    '--outFile',
    'dist/wasm/kernels.wasm',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--maximumMemory',
    '65536',
    '--enable',
    'simd',
  ],
  { stderr: process.stderr },
)
if (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
