// ONNX Runtime Web on WebGPU, with a model of one MatMul written out by hand.
import * as ort from 'onnxruntime-web/webgpu'
import { concat } from '#core/bytes.ts'
import { type Encoded, integer, message, text } from '../../language/protobuf.ts'
import type { Contender, SquareOperands } from '../matmul-contender.ts'

/** Operands are uploaded each time, as this runtime's interface has it; the product is read back. */
export async function openOnnxRuntime({ side, a, b }: SquareOperands): Promise<Contender> {
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(matmulModel(side), { executionProviders: ['webgpu'] })
  const feeds = {
    a: new ort.Tensor('float32', a, [side, side]),
    b: new ort.Tensor('float32', b, [side, side]),
  }
  return {
    name: 'onnxruntime-web',
    async multiply() {
      const { c } = await session.run(feeds)
      if (c === undefined) throw new Error('onnxruntime-web returned no product.')
      return (await c.getData()) as Float32Array
    },
  }
}

/** ModelProto of c = MatMul(a, b), f32, opset 13 (onnx.proto3). */
function matmulModel(side: number): Encoded {
  const graph = [
    message(1, text(1, 'a'), text(1, 'b'), text(2, 'c'), text(4, 'MatMul')),
    text(2, 'product'),
    message(11, valueInfo('a', side)),
    message(11, valueInfo('b', side)),
    message(12, valueInfo('c', side)),
  ]
  return concat(integer(1, 8), message(7, ...graph), message(8, text(1, ''), integer(2, 13)))
}

function valueInfo(name: string, side: number): Encoded {
  const dimension = message(1, integer(1, side))
  const shape = message(2, dimension, dimension)
  return concat(text(1, name), message(2, message(1, integer(1, 1), shape)))
}
