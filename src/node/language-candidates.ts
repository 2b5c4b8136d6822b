// Language backends by proof: candidates whose variants are tried on random models when they are opened, and what a person is told of those
// that are not used.
import type { ChosenLanguage, ChoiceOptions, LanguageCandidate } from './language-choice.ts'
import { chooseLanguage } from './language-choice.ts'
import { type LanguageVariant, NoRightVariantError, openProven } from './proven-language.ts'

/** A device with its variants, looked at when it is opened. */
export type ProvenCandidate = {
  /** What it is called in a note, e.g. "the GPU". */
  readonly name: string
  readonly look: () => Promise<{ readonly key: string; readonly variants: readonly LanguageVariant[] }>
}

/** How candidates are proven and chosen among. `seed` is of the proof's random models; `driver` what their keys have in common. */
export type ProvenChoice = Omit<ChoiceOptions, 'trial'> & { readonly seed: string; readonly driver: string }

/** Opens the fastest of `candidates` among their right variants. Throws what {@link chooseLanguage} throws. */
export async function chooseProvenLanguage(
  candidates: readonly ProvenCandidate[],
  options: ProvenChoice,
): Promise<ChosenLanguage> {
  const { cache, seed, driver } = options
  const warnings = new Map<string, readonly string[]>()
  const proven = candidates.map(({ name, look }): LanguageCandidate => ({
    name,
    async open() {
      try {
        const { key, variants } = await look()
        const { backend, replaced } = await openProven(variants, { cache, key: `${driver}/${key}`, seed })
        warnings.set(name, replaced)
        return backend
      } catch (error) {
        if (error instanceof NoRightVariantError) warnings.set(name, error.problems)
        throw error
      }
    },
  }))
  const chosen = await chooseLanguage(proven, options)
  const problems = [...warnings.values()].flat()
  const warning =
    problems.length === 0 ? '' : `Language models avoid faulty kernels on this device: ${problems.join('; ')}.`
  return { ...chosen, warning }
}
