// Checkpoints: the float model under its Hugging Face names, and the optimiser's state beside it, as safetensors.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { bytesSource } from '#core/byte-source.ts'
import { bytesOf } from '#core/bytes.ts'
import { type Safetensors, encodeSafetensors, openSafetensors } from '#model/formats/safetensors.ts'
import type { ParameterTensor } from './parameters.ts'

/** The file of the float model: what a Hugging Face folder calls model.safetensors. */
export function encodeFloatModel(
  tensors: readonly ParameterTensor[],
  run: Float32Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const data = tensors.map(({ name, shape, offset }) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    return { name, dtype: 'F32' as const, shape, bytes: bytesOf(run.slice(offset, offset + count)) }
  })
  return encodeSafetensors(data, { format: 'pt' })
}

/** Writes `bytes` to `url` so that a reader sees the old or the new file, never half of one. */
export async function writeWhole(url: URL, bytes: Uint8Array | string): Promise<void> {
  const draft = new URL(`${url.href}.part`)
  await writeFile(draft, bytes)
  await rename(draft, url)
}

/** Weights and the optimiser's means after `step` steps. */
export type TrainingState = {
  readonly step: number
  readonly weights: Float32Array<ArrayBuffer>
  readonly mean: Float32Array<ArrayBuffer>
  readonly square: Float32Array<ArrayBuffer>
}

/** The file of a state. */
export function encodeState({ step, ...runs }: TrainingState): Uint8Array<ArrayBuffer> {
  const tensors = Object.entries(runs).map(([name, run]) => ({
    name,
    dtype: 'F32' as const,
    shape: [run.length],
    bytes: bytesOf(run),
  }))
  return encodeSafetensors(tensors, { step: String(step) })
}

/** Reads a state, or null when there is no file at `url`. */
export async function readState(url: URL): Promise<TrainingState | null> {
  const bytes = await readFile(url).catch(() => null)
  if (bytes === null) return null
  const file = await openSafetensors(bytesSource(bytes))
  const [weights, mean, square] = [
    await floats(file, 'weights'),
    await floats(file, 'mean'),
    await floats(file, 'square'),
  ]
  return { step: Number(file.metadata.step), weights, mean, square }
}

async function floats(file: Safetensors, name: string): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array((await file.read(name)).buffer)
}
