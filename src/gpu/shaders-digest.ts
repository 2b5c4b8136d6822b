// One digest over all shaders: what was learned of an adapter's kernels holds for these alone.
import { utf8 } from '#core/bytes.ts'
import { digestOf, type Digest, digestBytes } from '#core/digest.ts'

const SOURCES = import.meta.glob<string>('../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true })

/** Raised when what kernels are given changes so much that earlier outcomes no longer count although their sources are the same. */
const DISPATCH_GENERATION = 2

/** Digest of every shader of this build. */
export function shadersDigest(): Digest {
  const sources = Object.keys(SOURCES)
    .toSorted()
    .map((name) => [name, digestBytes(utf8(SOURCES[name] ?? ''))])
  return digestOf('shaders', { generation: DISPATCH_GENERATION, sources })
}
