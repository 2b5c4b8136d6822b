// jax-js on WebGPU.
import { defaultDevice, init, numpy } from '@jax-js/jax'
import type { Contender, SquareOperands } from '../matmul-contender.ts'

/** Operands on the GPU; the product is read back. */
export async function openJax({ side, a, b }: SquareOperands): Promise<Contender> {
  await init('webgpu')
  defaultDevice('webgpu')
  const left = numpy.array(a).reshape([side, side])
  const right = numpy.array(b).reshape([side, side])
  return {
    name: 'jax-js',
    async multiply() {
      const data = await numpy.matmul(left.ref, right.ref).data()
      return data as Float32Array
    },
  }
}
