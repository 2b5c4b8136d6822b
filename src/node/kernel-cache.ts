// What a node remembers of its device's kernels between visits: which are right, which are fastest. Never needed, only faster.

/** Texts by key. Neither call throws. */
export interface KernelCache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

/** `cache` as it looks after a proven fault: nothing is remembered, and what is learned anew replaces what was there. */
export function forgetful(cache: KernelCache): KernelCache {
  return { get: async () => undefined, set: (key, value) => cache.set(key, value) }
}
