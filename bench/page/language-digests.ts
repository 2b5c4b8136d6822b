// Digests of what the WebGPU backend for language models makes of every case, by variant of its kernels: for the test of Dawn for Node.
import { type WebGpuLanguageOptions, openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { LANGUAGE_CASES, digestOfCase } from '../../test/support/language-cases.ts'

/** A variant and the names of the cases it has to answer. */
export type DigestRun = { readonly options: WebGpuLanguageOptions; readonly cases: readonly string[] }

/** The adapter, and digests by run and case. */
export type LanguageDigests = {
  readonly adapter: string
  readonly digests: readonly Readonly<Record<string, string>>[]
}

/** Runs every variant on a device of its own. */
export async function run(runs: readonly DigestRun[]): Promise<LanguageDigests> {
  const digests: Record<string, string>[] = []
  let adapter = ''
  for (const { options, cases } of runs) {
    const backend = await openWebGpuLanguageBackend(options)
    adapter = backend.info.adapter
    const own: Record<string, string> = {}
    for (const known of LANGUAGE_CASES)
      if (cases.includes(known.name)) own[known.name] = await digestOfCase(backend, known)
    digests.push(own)
    await backend.close()
  }
  return { adapter, digests }
}
