// What a worker computes on: the backend for arrays, and the language backend if its kernels are right; both held to the person's share.
import { toErrorRecord } from '#core/errors.ts'
import { ModelCache } from '#model/model-cache.ts'
import type { Backend, BackendInfo } from '#tensor/backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import type { KernelSet } from '#work/self-test.ts'
import type { ChosenLanguage } from './language-choice.ts'
import type { Pacer } from './pacer.ts'
import { throttledLanguage } from './throttle-language.ts'
import { type ThrottledBackend, throttled } from './throttle.ts'

/** What a person's device should compute on, if it can. */
export type BackendChoice = 'webgpu' | 'cpu'

/** What was opened. `note` says in a sentence why it is not what was preferred; it is empty otherwise. */
export type OpenedBackend = { readonly info: BackendInfo; readonly note: string }

/** How a worker opens its devices. With `isFresh` nothing that was learned of their kernels before counts. */
export type DeviceOpeners = {
  /** Opens the preferred backend, or the best there is instead whose kernels are right. */
  readonly openBackend: (preferred: BackendChoice, isFresh: boolean) => Promise<{ backend: Backend; note: string }>
  /** Opens what language models run on beside the backend of `info`. */
  readonly openLanguage: (info: BackendInfo, isFresh: boolean) => Promise<ChosenLanguage>
}

/** Open devices. `note` tells a person what is not as it should be; `kernels` are those that can be used. */
export type OpenDevices = {
  readonly info: BackendInfo
  readonly note: string
  readonly kernels: readonly KernelSet[]
  readonly backend: ThrottledBackend
  readonly models: ModelCache
  readonly language: LanguageBackend | undefined
  /** What language models run on and why, once one was loaded. */
  usedLanguage(): OpenedBackend | null
  readonly busyMs: () => number
  close(): Promise<void>
}

/** Opens both. Language kernels that cannot be opened, or are wrong, are no error: their kinds are not offered. */
export async function openDevices(
  { openBackend, openLanguage }: DeviceOpeners,
  preferred: BackendChoice,
  pacer: Pacer,
  isFresh: boolean,
): Promise<OpenDevices> {
  const { backend: bare, note } = await openBackend(preferred, isFresh)
  const chosen = await openLanguage(bare.info, isFresh).catch((error: unknown) => toErrorRecord(error))
  const isOpen = 'backend' in chosen
  const language = isOpen ? throttledLanguage(chosen.backend, pacer) : undefined
  const backend = throttled(bare, pacer)
  let isUsed = false
  const models = new ModelCache(async () => {
    if (language === undefined) throw new Error('Kinds without kernels are not offered.')
    isUsed = true
    return { ...language, close: async () => {} } // closed below, whether a model was loaded or not
  })
  const warning = isOpen ? chosen.warning : `It takes no language models. ${chosen.message}`
  return {
    info: bare.info,
    note: [note, warning].filter((text) => text !== '').join(' '),
    kernels: isOpen ? ['products', 'language'] : ['products'],
    backend,
    models,
    language,
    usedLanguage: () => (isOpen && isUsed ? { info: chosen.backend.info, note: chosen.note } : null),
    busyMs: () => pacer.busyMs,
    async close() {
      await bare.close()
      await models.close()
      await language?.close().catch(() => undefined)
    },
  }
}
