// Compiles src/wasm/assembly to dist/wasm/kernels.wasm. SIMD only: no relaxed operation, whose results may differ between machines.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(`${root}dist/wasm`, { recursive: true })

const { error } = await asc.main(
  [
    'src/wasm/assembly/step.ts',
    '--baseDir',
    root,
    '--outFile',
    'dist/wasm/kernels.wasm',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--memoryBase',
    '1024',
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
