// The trainer's kernels: single precision, without a platform's own exp or sin. Only gemm.ts leaves a rounding to the machine.
export { adamw, sumOfSquares } from './adamw'
export { attend, attendBackward } from './attention'
export { siluGate, siluGateBackward } from './gate'
export { gemm } from './gemm'
export { crossEntropy, embed, embedBackward } from './loss'
export { rmsNorm, rmsNormBackward } from './norm'
export { ropeTables, rotate } from './rope'

/** Adds `count` floats of y to x. */
export function add(x: usize, y: usize, count: i32): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16)
    v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)))
}

/** First address that the kernels do not use themselves. */
export function heapBase(): usize {
  return __heap_base
}
