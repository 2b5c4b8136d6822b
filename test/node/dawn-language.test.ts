// The WebGPU backend for language models in Dawn for Node, without a browser: the same digests as the reference from every variant of its
// kernels, on SwiftShader and, where the machine has it, on Mesa's lavapipe, whose compiler shares nothing with SwiftShader's.
import { beforeAll, describe, expect, test } from 'vitest'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { runInDawn, softwareDriver } from '../../bench/lib/dawn.ts'
import type { DigestRun, LanguageDigests } from '../../bench/page/language-digests.ts'
import { LANGUAGE_CASES, digestOfCase } from '../support/language-cases.ts'
import { findLavapipe } from '../support/lavapipe.ts'

/** Compiling is slow on emulated adapters: the more so on a busy machine. */
const TIMEOUT_MS = 600_000

const ALL = LANGUAGE_CASES.map(({ name }) => name)

/** Everything in quads, as emulated adapters run it; a part as GPUs do, the attention of single rows in splits or not: compiling is slow. */
const RUNS: readonly DigestRun[] = [
  { options: { sharing: 'quad' }, cases: ALL },
  { options: { sharing: 'workgroup', dot: 'plain', splitFrom: 0 }, cases: ['odd sizes', 'many pages'] },
  { options: { sharing: 'workgroup' }, cases: ['odd sizes'] },
]

/** LLVM compiles at length what threads do together: one such variant must do. */
const LAVAPIPE_RUNS: readonly DigestRun[] = [
  { options: { sharing: 'quad' }, cases: ALL },
  { options: { sharing: 'workgroup', splitFrom: 0 }, cases: ['odd sizes', 'many pages'] },
]

const swiftShader = await softwareDriver()
const lavapipe = await findLavapipe()

const expected: Record<string, string> = {}
beforeAll(async () => {
  for (const known of LANGUAGE_CASES) expected[known.name] = await digestOfCase(openCpuLanguageBackend(), known)
}, TIMEOUT_MS)

async function expectReference(driver: string, runs: readonly DigestRun[]): Promise<string> {
  const { adapter, digests } = await runInDawn<LanguageDigests>('language-digests', runs, driver)
  for (const [i, { options, cases }] of runs.entries())
    for (const name of cases) expect([options, name, digests[i]?.[name]]).toEqual([options, name, expected[name]])
  return adapter
}

describe('Dawn for Node', () => {
  test.skipIf(swiftShader === undefined)(
    `behaviour: SwiftShader gives the reference's digests${swiftShader === undefined ? ' (skipped: no Chromium with SwiftShader was found)' : ''}`,
    async () => {
      expect(await expectReference(swiftShader ?? '', RUNS)).toMatch(/swiftshader/i)
    },
    TIMEOUT_MS,
  )

  test.skipIf('missing' in lavapipe)(
    `behaviour: lavapipe gives the reference's digests${'missing' in lavapipe ? ` (skipped: ${lavapipe.missing})` : ''}`,
    async () => {
      const driver = 'driver' in lavapipe ? lavapipe.driver : ''
      expect(await expectReference(driver, LAVAPIPE_RUNS)).toMatch(/llvmpipe|lavapipe/i)
    },
    TIMEOUT_MS,
  )
})
