// What the frame and its confirming window say to each other: the terms go in the window's address, the answer comes as one message.
// Both are ours; anybody may open the window, but it answers our own origin alone.
import { MAX_SITE_PERCENT } from './light.ts'
import { webOrigin } from './host-site.ts'

/** What is asked in the window. */
export type ConfirmTerms = {
  /** Origin of the page that the frame stands on. */
  readonly site: string
  /** Share of the device in per cent, 5 to 100. */
  readonly percent: number
  /** What of the credit the site gets, in per cent, 0 to 50. */
  readonly credit: number
  /** Ties the answer to the question. */
  readonly nonce: string
}

/** The answer, to our own origin. */
export type ConfirmAnswer = { readonly type: 'commonwatt-confirm'; readonly nonce: string; readonly isAgreed: boolean }

/** Longest fragment that is looked at: an origin of at most 256 characters and three short values. */
export const MAX_FRAGMENT_LENGTH = 1024
const MAX_SITE_LENGTH = 256

/** The fragment that carries `terms`. */
export function encodeConfirmTerms({ site, percent, credit, nonce }: ConfirmTerms): string {
  return `#${new URLSearchParams({ site, percent: String(percent), credit: String(credit), nonce }).toString()}`
}

/** The terms in `fragment`, or null where there are none that make sense. */
export function parseConfirmTerms(fragment: string): ConfirmTerms | null {
  if (fragment.length > MAX_FRAGMENT_LENGTH) return null
  const found = new URLSearchParams(fragment.slice(1))
  const site = webOrigin(found.get('site') ?? '')
  const percent = Number(found.get('percent') ?? Number.NaN)
  const credit = Number(found.get('credit') ?? Number.NaN)
  const nonce = found.get('nonce') ?? ''
  if (site === null || site.length > MAX_SITE_LENGTH || !/^[\da-f-]{36}$/.test(nonce)) return null
  const areWhole = Number.isSafeInteger(percent) && Number.isSafeInteger(credit)
  const areWithin = percent >= 5 && percent <= 100 && credit >= 0 && credit <= MAX_SITE_PERCENT
  return areWhole && areWithin ? { site, percent, credit, nonce } : null
}

/** What `data` answers to the question `nonce`; null where it is no answer to it. */
export function parseConfirmAnswer(data: unknown, nonce: string): boolean | null {
  if (typeof data !== 'object' || data === null) return null
  const { type, nonce: answered, isAgreed } = data as Partial<Record<keyof ConfirmAnswer, unknown>>
  return type === 'commonwatt-confirm' && answered === nonce && typeof isAgreed === 'boolean' ? isAgreed : null
}
