// Tensors of an exact model file whose shapes are known beforehand: sizes are compared before any byte is read.
import { AppError } from '#core/errors.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import type { Safetensors } from './formats/safetensors.ts'

/** Reads tensors by name and expected shape. Throws {@link ExactModelError} when the file has others. */
export class TensorReader {
  readonly #file: Safetensors

  constructor(file: Safetensors) {
    this.#file = file
  }

  async i32(name: string, shape: readonly number[]): Promise<Int32Array<ArrayBuffer>> {
    this.#assert(name, 'I32', shape)
    return new Int32Array((await this.#file.read(name)).buffer)
  }

  async gain(name: string, width: number, scale: Scale): Promise<Gain> {
    return { q: await this.i32(name, [width]), scale }
  }

  async matrix(name: string, rows: number, cols: number, hasBias: boolean): Promise<WeightMatrix> {
    this.#assert(`${name}.q`, 'I8', [rows, cols])
    const m = await this.i32(`${name}.m`, [rows])
    const e = await this.i32(`${name}.e`, [rows])
    if (m.some((value) => value < 2 ** 30)) throw new ExactModelError(`has a scale in "${name}.m" below 2^30`)
    if (e.some((value) => value < -4096 || value > 4096))
      throw new ExactModelError(`has an exponent in "${name}.e" past ±4096`)
    const q = new Int8Array((await this.#file.read(`${name}.q`)).buffer)
    return { rows, cols, q, m, e, bias: hasBias ? await this.i32(`${name}.bias`, [rows]) : null }
  }

  async bytes(name: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#file.tensors.get(name)?.sizeBytes ?? 0
    if (size > maxBytes) throw new ExactModelError(`has ${size} bytes of "${name}", more than ${maxBytes}`)
    return this.#file.read(name)
  }

  #assert(name: string, dtype: string, shape: readonly number[]): void {
    const entry = this.#file.tensors.get(name)
    if (entry === undefined) throw new ExactModelError(`has no tensor "${name}"`)
    if (entry.dtype !== dtype || entry.shape.length !== shape.length || entry.shape.some((dim, i) => dim !== shape[i]))
      throw new ExactModelError(
        `has "${name}" as ${entry.dtype} (${entry.shape.join(', ')}), not ${dtype} (${shape.join(', ')})`,
      )
  }
}

/** A file is not the exact model that its header describes. */
export class ExactModelError extends AppError {
  override readonly name = 'model.ExactModel'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `The model file ${problem}.`, options)
  }
}
