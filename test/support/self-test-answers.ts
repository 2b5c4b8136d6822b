// Right and wrong answers to self-tests.
import { EMPTY_ROOT } from '#core/merkle.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { type KernelSet, type SelfTestAnswer, runSelfTest } from '#work/self-test.ts'

/** All kernels. */
export const ALL_KERNELS: readonly KernelSet[] = ['products', 'language']

/** What the reference kernels answer. */
export async function answerByReference(seed: string, kernels = ALL_KERNELS): Promise<SelfTestAnswer> {
  return runSelfTest({ backend: await openCpuBackend(), language: openCpuLanguageBackend() }, seed, kernels)
}

/** What kernels answer that are wrong throughout. */
export const WRONG_ANSWER: SelfTestAnswer = { products: { digest: EMPTY_ROOT, floats: '' }, language: EMPTY_ROOT }
