// The kernel cache of a process: one JSON file beside its models, which nodes of one machine share. The last one to write wins.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KernelCache } from './kernel-cache.ts'

const FILE = 'kernel-tests.json'

/** The cache in `folder`, or one that ends with the process. */
export function kernelCacheFile(folder: string | undefined): KernelCache {
  const values = new Map<string, string>()
  const load = async (): Promise<Record<string, unknown>> => {
    if (folder === undefined) return Object.fromEntries(values)
    try {
      const parsed: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'))
      return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
    } catch {
      return {} // none yet, or damaged: kernels are tested again
    }
  }
  return {
    async get(key) {
      const value = (await load())[key]
      return typeof value === 'string' ? value : undefined
    },
    async set(key, value) {
      values.set(key, value)
      if (folder === undefined) return
      const text = JSON.stringify({ ...(await load()), [key]: value }, null, 2)
      const draft = join(folder, `${FILE}.${process.pid}`)
      await writeFile(draft, text)
        .then(() => rename(draft, join(folder, FILE)))
        .catch(() => undefined) // a folder that cannot be written to costs a test at each start
    },
  }
}
