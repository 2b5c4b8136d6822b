// The lock file must name every platform's packages: `npm ci` refuses an incomplete one everywhere, and it must carry no download
// addresses, which differ from registry to registry.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

type LockEntry = { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }
const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, LockEntry>
}

describe('package-lock.json', () => {
  test('default: every optional dependency has an entry', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !isLocked(path, name))
        .map((name) => `${name} of ${path}`),
    )
    expect(missing).toEqual([])
  })

  test('behaviour: no entry names a download address', () => {
    expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([])
  })
})

/** Node's resolution: beside the dependent, then outwards. */
function isLocked(path: string, name: string): boolean {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${base === '' ? '' : `${base}/`}node_modules/${name}`] !== undefined) return true
    if (base === '') return false
  }
}
