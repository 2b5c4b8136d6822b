// The float tensors of a GGUF file, as a conversion reads them: by their Hugging Face names, in Hugging Face's order of rows, one at a time.
import type { FloatTensors } from '#model/convert/llama.ts'
import { WeightError, assertFinite } from './floats.ts'
import type { Gguf } from './gguf.ts'
import { ggufName, hasPairedRows, permuteRows } from './gguf-names.ts'
import { MissingTensorError } from './safetensors.ts'

/** Tensors of `file`, whose heads have `headDim` values. */
export function ggufTensors(file: Gguf, architecture: string, headDim: number): FloatTensors {
  const unread = new Set(file.tensors.keys())
  const readOptional = async (name: string, shape: readonly number[]) => {
    const tensor = file.tensors.get(ggufName(name))
    if (tensor === undefined) return null
    if (tensor.shape.length !== shape.length || tensor.shape.some((dim, i) => dim !== shape[i]))
      throw new WeightError(tensor.name, `has shape (${tensor.shape.join(', ')}) where (${shape.join(', ')}) is needed`)
    unread.delete(tensor.name)
    const values = assertFinite(tensor.name, await file.readFloats(tensor))
    return hasPairedRows(architecture, name) ? permuteRows(values, shape[0] ?? 1, headDim, 'split') : values
  }
  return {
    readOptional,
    unread: () => [...unread],
    async read(name, shape) {
      const values = await readOptional(name, shape)
      if (values === null) throw new MissingTensorError(ggufName(name))
      return values
    },
  }
}
