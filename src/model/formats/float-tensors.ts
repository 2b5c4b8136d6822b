// The float tensors of a model that lies in one or more safetensors files (shards), as a conversion reads them: by name, one at a time.
import { AppError } from '#core/errors.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import { WeightError, assertFinite, decodePieces, floatDecoder } from './floats.ts'
import { MissingTensorError, type Safetensors } from './safetensors.ts'

/** Joins `files`. Throws {@link ShardError} when two of them hold a tensor of the same name. */
export function floatTensors(files: readonly Safetensors[]): FloatTensors {
  const owners = new Map<string, Safetensors>()
  for (const file of files)
    for (const name of file.tensors.keys()) {
      if (owners.has(name)) throw new ShardError(name)
      owners.set(name, file)
    }
  const unread = new Set(owners.keys())
  const readOptional = async (name: string, shape: readonly number[]) => {
    const file = owners.get(name)
    const entry = file?.tensors.get(name)
    if (file === undefined || entry === undefined) return null
    if (entry.shape.length !== shape.length || entry.shape.some((dim, i) => dim !== shape[i]))
      throw new WeightError(name, `has shape (${entry.shape.join(', ')}) where config.json needs (${shape.join(', ')})`)
    unread.delete(name)
    const { valueBytes, decode } = floatDecoder(name, entry.dtype)
    const type = { blockBytes: valueBytes, blockLength: 1, decode }
    const read = (offset: number, length: number) => file.readPart(entry, offset, length)
    return assertFinite(name, await decodePieces(entry.sizeBytes / valueBytes, type, read))
  }
  return {
    readOptional,
    unread: () => [...unread],
    async read(name, shape) {
      const values = await readOptional(name, shape)
      if (values === null) throw new MissingTensorError(name)
      return values
    },
  }
}

/** Two shards hold the same tensor. */
export class ShardError extends AppError {
  override readonly name = 'model.Shard'
  constructor(tensor: string) {
    super('input', `Tensor "${tensor}" is in two files of the model.`)
  }
}
