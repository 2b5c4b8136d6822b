// Compiles src/wasm/assembly to dist/wasm: kernels.wasm, and kernels-threads.wasm for several threads over one shared memory. SIMD only: no
// relaxed operation, whose results may differ between machines.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(`${root}dist/wasm`, { recursive: true })

const BUILDS = [
  { file: 'kernels.wasm', options: [] },
  { file: 'kernels-threads.wasm', options: ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1'] },
]

for (const { file, options } of BUILDS) {
  const { error } = await asc.main(
    [
      'src/wasm/assembly/step.ts',
      '--baseDir',
      root,
      '--outFile',
      `dist/wasm/${file}`,
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
      '--disableWarning',
      '112',
      ...options,
    ],
    { stderr: process.stderr },
  )
  if (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
