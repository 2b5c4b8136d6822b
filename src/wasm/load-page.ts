// Compiles the built kernels in a page or its worker: an asset of the build, fetched from our own origin.
import { AppError } from '#core/errors.ts'

/** The compiled kernels. Throws {@link KernelsUnavailableError} when they cannot be fetched. */
export async function loadKernels(): Promise<WebAssembly.Module> {
  // Vite finds the file in these words and gives it its address in the build.
  const response = await fetch(new URL('../../dist/wasm/kernels.wasm', import.meta.url))
  if (!response.ok) throw new KernelsUnavailableError(response.status)
  return WebAssembly.compile(await response.arrayBuffer())
}

/** The server has no kernels. */
export class KernelsUnavailableError extends AppError {
  override readonly name = 'wasm.KernelsUnavailable'
  constructor(status: number) {
    super('unavailable', `The WebAssembly kernels cannot be loaded: the server answers ${status}.`)
  }
}
