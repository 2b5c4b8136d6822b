// The self-test of a device: for each set of kernels that kinds compute with, what it makes of a seed and whether that is right.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { digestSchema } from '#core/schema.ts'
import { runLanguageTest } from '#model/self-test.ts'
import type { Backend } from '#tensor/backend.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { MAX_FLOATS_LENGTH, type ProductAnswer, areProductsRight, runProducts } from '#tensor/self-test.ts'

/** Kernels that a kind computes with: matrix products, or those of exact language models. */
export type KernelSet = 'products' | 'language'

/** What a device answers; null for kernels that it was not asked about. */
export type SelfTestAnswer = { readonly products: ProductAnswer | null; readonly language: Digest | null }

/** An answer as it crosses the wire. */
export const selfTestAnswerSchema: v.GenericSchema<unknown, SelfTestAnswer> = v.strictObject({
  products: v.nullable(
    v.strictObject({ digest: digestSchema, floats: v.pipe(v.string(), v.maxLength(MAX_FLOATS_LENGTH)) }),
  ),
  language: v.nullable(digestSchema),
})

/** What to test; a language backend only where its kernels are tested. */
export type TestedDevices = { readonly backend: Backend; readonly language?: LanguageBackend | undefined }

/** Runs the tests of `kernels` for `seed` (32 bytes in hex). */
export async function runSelfTest(
  { backend, language }: TestedDevices,
  seed: string,
  kernels: readonly KernelSet[],
): Promise<SelfTestAnswer> {
  return {
    products: kernels.includes('products') ? await runProducts(backend, seed) : null,
    language: kernels.includes('language') && language !== undefined ? await runLanguageTest(language, seed) : null,
  }
}

/** Those of `kernels` that `answer` shows to be wrong, or does not answer for, by the reference kernels; some 200 ms for all. */
export async function failedKernels(
  seed: string,
  kernels: readonly KernelSet[],
  { products, language }: SelfTestAnswer,
): Promise<KernelSet[]> {
  const failed: KernelSet[] = []
  if (kernels.includes('products') && !(products !== null && areProductsRight(seed, products))) failed.push('products')
  if (kernels.includes('language') && language !== (await runLanguageTest(openCpuLanguageBackend(), seed)))
    failed.push('language')
  return failed
}
