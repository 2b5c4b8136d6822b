// The trained float model as it lies in dist/training: a Hugging Face folder of config.json and model.safetensors.
import { readFile } from 'node:fs/promises'
import { bytesSource } from '#core/byte-source.ts'
import { digestBytes } from '#core/digest.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import { type LlamaConfig, parseLlamaConfig } from '#model/formats/config.ts'
import { decodeFloats } from '#model/formats/floats.ts'
import { openSafetensors } from '#model/formats/safetensors.ts'

/** Sizes, tensors, and the SHA-256 of both files. */
export type FloatModel = {
  readonly config: LlamaConfig
  readonly tensors: FloatTensors
  readonly sources: Readonly<Record<string, string>>
}

/** Reads the folder. */
export async function readFloatModel(folder: URL): Promise<FloatModel> {
  const config = await readFile(new URL('config.json', folder))
  const weights = await readFile(new URL('model.safetensors', folder))
  const file = await openSafetensors(bytesSource(weights))
  const read = async (name: string) => {
    const dtype = file.tensors.get(name)?.dtype
    if (dtype !== 'F32')
      throw new RangeError(`The checkpoint has ${dtype ?? 'no'} tensor "${name}" where F32 is needed.`)
    return decodeFloats(name, dtype, await file.read(name))
  }
  return {
    config: parseLlamaConfig(JSON.parse(config.toString())),
    tensors: { read, readOptional: async (name) => (file.tensors.has(name) ? read(name) : null) },
    sources: { 'config.json': digestBytes(config), 'model.safetensors': digestBytes(weights) },
  }
}
