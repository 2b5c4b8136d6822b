// Compiles the built kernels in Node. Pages fetch the same file as an asset.
import { readFile } from 'node:fs/promises'
import { AppError } from '#core/errors.ts'

const KERNELS = new URL('../../dist/wasm/kernels.wasm', import.meta.url)

/** The compiled kernels. Throws {@link KernelsMissingError} when they were not built. */
export async function loadKernels(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(KERNELS))
  } catch (cause) {
    throw new KernelsMissingError({ cause })
  }
}

/** dist/wasm/kernels.wasm is not there. */
export class KernelsMissingError extends AppError {
  override readonly name = 'wasm.KernelsMissing'
  constructor(options: ErrorOptions) {
    super('unavailable', 'The WebAssembly kernels are not built: run `npm run build`.', options)
  }
}
