// transformers.js on WebGPU, its model's files handed over in memory.
import { AutoModelForCausalLM, Tensor, env } from '@huggingface/transformers'
import factory from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import binary from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'

/** Tokens generated greedily, and when each was there. */
export type PeerGeneration = { readonly tokens: readonly number[]; readonly atMs: readonly number[] }

/** A model in transformers.js. */
export interface TransformersModel {
  generate(prompt: readonly number[], count: number): Promise<PeerGeneration>
  close(): Promise<void>
}

/** Loads a model from its ONNX file and what it reads beside it. */
export async function openTransformers(
  onnx: Uint8Array<ArrayBuffer>,
  configs: Readonly<Record<string, object>>,
): Promise<TransformersModel> {
  serveFromMemory(onnx, configs)
  const model = await AutoModelForCausalLM.from_pretrained('made-up', { device: 'webgpu', dtype: 'fp32' })
  return {
    async generate(prompt, count) {
      const atMs: number[] = []
      const streamer = { put: () => void atMs.push(performance.now()), end: () => {} }
      const dims = [1, prompt.length]
      const input_ids = new Tensor('int64', BigInt64Array.from(prompt, BigInt), dims)
      const attention_mask = new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), dims)
      const output = await model.generate({
        input_ids,
        attention_mask,
        max_new_tokens: count,
        do_sample: false,
        streamer,
      } as never)
      const all = Array.from((output as Tensor).data as BigInt64Array, Number)
      // The streamer is told of the prompt first.
      return { tokens: all.slice(prompt.length), atMs: atMs.slice(-count) }
    },
    async close() {
      await model.dispose()
    },
  }
}

function serveFromMemory(onnx: Uint8Array<ArrayBuffer>, configs: Readonly<Record<string, object>>): void {
  env.allowRemoteModels = false
  env.allowLocalModels = true
  env.useWasmCache = false
  env.useBrowserCache = false
  env.useCustomCache = true
  env.customCache = {
    async match(name: string) {
      const file = name.slice(name.lastIndexOf('/') + 1)
      if (file === 'model.onnx') return new Response(onnx)
      const config = configs[file]
      return config === undefined ? undefined : Response.json(config)
    },
    put: async () => {},
  }
  const { wasm } = env.backends.onnx
  if (wasm !== undefined) wasm.wasmPaths = { mjs: factory, wasm: binary }
}
