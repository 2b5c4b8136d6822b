// Linear layers: for few rows or many, on rows that are quantised already or as they are read, and with what follows the sum.
import emitAdd from '#shaders/language/lib/emit-add.wgsl?raw'
import emitGate from '#shaders/language/lib/emit-gate.wgsl?raw'
import emitStore from '#shaders/language/lib/emit-store.wgsl?raw'
import inputPacked from '#shaders/language/lib/input-packed.wgsl?raw'
import inputWide from '#shaders/language/lib/input-wide.wgsl?raw'
import linear from '#shaders/language/lib/linear.wgsl?raw'
import siluGate from '#shaders/language/lib/silu-gate.wgsl?raw'
import row from '#shaders/language/linear-row.wgsl?raw'
import thread from '#shaders/language/linear-thread.wgsl?raw'
import tile from '#shaders/language/linear-tile.wgsl?raw'
import { DOT4, type Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { type Dot, EXP2, QUANTISE } from './pieces.ts'

/** Values stored; added to the residual; gated in pairs. */
export type Emit = 'store' | 'add' | 'gate'

/** `row` reads what it is given as it is, quantised (`packed`) or not (`wide`); `tile` and `thread` read quantised rows only. */
export type LinearForm = 'row-packed' | 'row-wide' | 'tile-packed' | 'thread-packed'

/** Columns and rows that a workgroup of a form computes. */
export const LINEAR_GRID: Readonly<Record<LinearForm, { readonly columns: number; readonly rows: number }>> = {
  'row-packed': { columns: 8, rows: 1 },
  'row-wide': { columns: 8, rows: 1 },
  'tile-packed': { columns: 32, rows: 32 },
  'thread-packed': { columns: 64, rows: 1 },
}

const FORMS: Readonly<Record<LinearForm, readonly [input: string, main: string]>> = {
  'row-packed': [inputPacked, row],
  'row-wide': [inputWide, row],
  'tile-packed': [inputPacked, tile],
  'thread-packed': [inputPacked, thread],
}

const EMITS: Readonly<Record<Emit, { sources: readonly string[]; tensors: Kernel['tensors'] }>> = {
  store: { sources: [emitStore], tensors: ['write'] },
  add: { sources: [emitAdd], tensors: ['write'] },
  gate: { sources: [EXP2, siluGate, emitGate], tensors: ['read', 'write'] },
}

/** input, weights, column info, status, (table,) output. */
export function linearKernel(form: LinearForm, emit: Emit, bits: ActivationBits, dot: Dot): Kernel {
  const { sources, tensors } = EMITS[emit]
  const [input, main] = FORMS[form]
  return {
    name: `language-linear-${form}-${emit}-${bits}-${dot}`,
    sources: [...QUANTISE, DOT4[dot].source, linear, input, ...sources, main],
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
    enables: [],
    requires: DOT4[dot].requires,
  }
}
