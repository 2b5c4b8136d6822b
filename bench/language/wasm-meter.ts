// Counts the linear memory that is taken from WebAssembly, whoever takes it in this thread.

/** Counts from now on; gives the bytes of all memories made since, none of which is ever given back. Called once. */
export function installWasmMeter(): () => number {
  const made: WebAssembly.Memory[] = []
  const { Memory } = WebAssembly
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      made.push(this)
    }
  }
  return () => made.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
}
