// Node's own cryptography: in compiled code, several times as fast as JavaScript, and without the copies that WebCrypto makes. Pages have none.
import type NodeCrypto from 'node:crypto'

/** The module where there is one: asked for at run time, so that no bundle for a page holds an import of it. */
export const nodeCrypto: typeof NodeCrypto | undefined = (
  globalThis as { process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> }
).process?.getBuiltinModule?.('node:crypto')
