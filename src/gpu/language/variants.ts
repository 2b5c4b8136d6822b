// The ways to compute language models on an adapter, the one that suits it best first: each gives the same bytes on a driver that is right.
import { PACKED_DOT } from '#gpu/kernels/kernel.ts'
import { openDevice } from '#gpu/device.ts'
import { shadersDigest } from '#gpu/shaders-digest.ts'
import type { Dot } from './kernels/pieces.ts'
import { type WebGpuLanguageBackend, openWebGpuLanguageBackend } from './language-backend.ts'
import type { Sharing } from './model-kernels.ts'

/** The variants of an adapter. `key` names it, its driver as far as the browser tells, and the kernels. */
export type WebGpuLanguageVariants = {
  readonly key: string
  readonly variants: readonly { readonly name: string; open(): Promise<WebGpuLanguageBackend> }[]
}

const SHARING_WORDS: Readonly<Record<Sharing, string>> = {
  workgroup: 'workgroup memory',
  quad: 'threads in fours',
}

const DOT_WORDS: Readonly<Record<Dot, string>> = {
  packed: 'packed products of bytes',
  plain: 'plain products of bytes',
}

/** Looks at `gpu`'s adapter. Throws {@link NoGpuError} when there is none. */
export async function webGpuLanguageVariants(gpu = globalThis.navigator?.gpu): Promise<WebGpuLanguageVariants> {
  const { adapterKey, device, features, info, languageFeatures } = await openDevice(gpu)
  device.destroy()
  const dots: Dot[] = languageFeatures.has(PACKED_DOT) ? ['packed', 'plain'] : ['plain']
  const hasQuads = features.has('subgroups')
  const shared: Sharing[] = hasQuads ? ['workgroup', 'quad'] : ['workgroup']
  const sharings = info.isSoftware ? shared.toReversed() : shared
  const variants = sharings.flatMap((sharing) =>
    // Quads multiply bytes by themselves in the plainest way there is, attention alone apart: packed or not is one variant to them.
    (sharing === 'quad' ? dots.slice(-1) : dots).map((dot) => ({
      name: `the GPU with ${SHARING_WORDS[sharing]}${sharing === 'quad' ? '' : ` and ${DOT_WORDS[dot]}`}`,
      open: () => openWebGpuLanguageBackend({ gpu, dot, sharing }),
    })),
  )
  return { key: `${adapterKey}/${info.features.join('+')}/${shadersDigest()}`, variants }
}
