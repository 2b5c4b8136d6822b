// Linear layers: for few rows or many, on rows that are quantised already or as they are read, and with what follows the sum.
import bytes from '#shaders/language/lib/bytes.wgsl?raw'
import emitAdd from '#shaders/language/lib/emit-add.wgsl?raw'
import emitGate from '#shaders/language/lib/emit-gate.wgsl?raw'
import emitStore from '#shaders/language/lib/emit-store.wgsl?raw'
import inputPacked from '#shaders/language/lib/input-packed.wgsl?raw'
import inputWhole from '#shaders/language/lib/input-whole.wgsl?raw'
import inputWideWhole from '#shaders/language/lib/input-wide-whole.wgsl?raw'
import inputWide from '#shaders/language/lib/input-wide.wgsl?raw'
import linear from '#shaders/language/lib/linear.wgsl?raw'
import quad from '#shaders/language/lib/quad.wgsl?raw'
import siluGate from '#shaders/language/lib/silu-gate.wgsl?raw'
import quadRow from '#shaders/language/linear-quad-row.wgsl?raw'
import quadTile from '#shaders/language/linear-quad-tile.wgsl?raw'
import row from '#shaders/language/linear-row.wgsl?raw'
import tile from '#shaders/language/linear-tile.wgsl?raw'
import { DOT4, type Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { type Dot, EXP2, QUANTISE } from './pieces.ts'

/** Values stored; added to the residual; gated in pairs. */
export type Emit = 'store' | 'add' | 'gate'

/** Rows or tiles of workgroups that share memory, or of quads that share operands; `wide` rows are quantised as they are read. */
export type LinearForm =
  | 'row-packed'
  | 'row-wide'
  | 'tile-packed'
  | 'quad-row-packed'
  | 'quad-row-wide'
  | 'quad-tile-packed'

type Form = {
  /** Columns and rows that a workgroup computes. */
  readonly columns: number
  readonly rows: number
  readonly sources: readonly string[]
  readonly enables: Kernel['enables']
}

const QUADS: Kernel['enables'] = ['subgroups']

/** The forms. */
export const LINEAR_FORMS: Readonly<Record<LinearForm, Form>> = {
  'row-packed': { columns: 8, rows: 1, sources: [inputPacked, row], enables: [] },
  'row-wide': { columns: 8, rows: 1, sources: [inputWide, row], enables: [] },
  'tile-packed': { columns: 32, rows: 32, sources: [inputPacked, tile], enables: [] },
  'quad-row-packed': { columns: 32, rows: 1, sources: [inputWhole, bytes, quad, quadRow], enables: QUADS },
  'quad-row-wide': { columns: 32, rows: 1, sources: [inputWideWhole, bytes, quad, quadRow], enables: QUADS },
  'quad-tile-packed': { columns: 16, rows: 8, sources: [inputWhole, bytes, quad, quadTile], enables: QUADS },
}

const EMITS: Readonly<Record<Emit, { sources: readonly string[]; tensors: Kernel['tensors'] }>> = {
  store: { sources: [emitStore], tensors: ['write'] },
  add: { sources: [emitAdd], tensors: ['write'] },
  gate: { sources: [EXP2, siluGate, emitGate], tensors: ['read', 'write'] },
}

/** input, weights, column info, status, (table,) output. */
export function linearKernel(form: LinearForm, emit: Emit, bits: ActivationBits, dot: Dot): Kernel {
  const { sources, tensors } = EMITS[emit]
  const { enables, sources: main } = LINEAR_FORMS[form]
  return {
    name: `language-linear-${form}-${emit}-${bits}-${dot}`,
    sources: [...QUANTISE, DOT4[dot].source, linear, ...sources, ...main],
    tensors: ['read', 'read', 'read', 'write', ...tensors],
    params: [
      'rows',
      'firstRow',
      'columns',
      'firstColumn',
      'words',
      'stride',
      'bound',
      'countsCuts',
      'inputMaxima',
      'inputFractionBits',
      'outputMaxima',
      'productFractionBits',
    ],
    constants: { PLANES: bits / 8 },
    enables,
    requires: DOT4[dot].requires,
  }
}
