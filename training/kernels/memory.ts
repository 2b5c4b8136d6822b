// What the arena outside needs to know of the module's memory, and the residual sum over it.

/** First address that the kernels do not use themselves. */
export function heapBase(): usize {
  return __heap_base
}

/** Adds `count` floats of y to x; a multiple of 4. */
export function add(x: usize, y: usize, count: i32): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16)
    v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)))
}
