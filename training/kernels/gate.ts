// SwiGLU's gate and its gradient, four elements at a time.
import { exp4 } from './exp'

/** out = silu(gate)·up; counts are multiples of 4. */
export function siluGate(gate: usize, up: usize, out: usize, count: i32): void {
  const one = f32x4.splat(1)
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16) {
    const x = v128.load(gate + i)
    const silu = f32x4.div(x, f32x4.add(one, exp4(f32x4.neg(x))))
    v128.store(out + i, f32x4.mul(silu, v128.load(up + i)))
  }
}

/** Writes d gate and d up, given dOut. */
export function siluGateBackward(gate: usize, up: usize, dOut: usize, dGate: usize, dUp: usize, count: i32): void {
  const one = f32x4.splat(1)
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16) {
    const x = v128.load(gate + i)
    const sigmoid = f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))))
    const d = f32x4.mul(v128.load(dOut + i), sigmoid)
    const slope = f32x4.add(one, f32x4.mul(x, f32x4.sub(one, sigmoid)))
    v128.store(dGate + i, f32x4.mul(f32x4.mul(d, v128.load(up + i)), slope))
    v128.store(dUp + i, f32x4.mul(d, x))
  }
}
