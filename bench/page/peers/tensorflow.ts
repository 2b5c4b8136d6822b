// TensorFlow.js on WebGPU.
import '@tensorflow/tfjs-backend-webgpu'
import { matMul, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core'
import type { Contender, SquareOperands } from '../matmul-contender.ts'

/** Operands on the GPU after the first product; the product is read back. */
export async function openTensorflow({ side, a, b }: SquareOperands): Promise<Contender> {
  await setBackend('webgpu')
  await ready()
  const left = tensor2d(a, [side, side])
  const right = tensor2d(b, [side, side])
  return {
    name: 'tfjs-backend-webgpu',
    async multiply() {
      const product = matMul(left, right)
      const data = await product.data()
      product.dispose()
      return data as Float32Array
    },
  }
}
