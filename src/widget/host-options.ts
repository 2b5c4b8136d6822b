// What a site may say about the box on its page: its looks, and the most that may be lent there. It arrives in the address of the frame,
// so it is the host's word: it can ask for less than the visitor would give, never for more.
import { DEFAULT_SHARE, MAX_SITE_PERCENT, MIN_SHARE } from './light.ts'

/** The site's wishes, as the frame honours them. */
export type HostOptions = {
  readonly theme: 'auto' | 'light' | 'dark'
  readonly size: 'box' | 'strip'
  /** Largest share of the device that can be chosen on this site, {@link MIN_SHARE} to 1. */
  readonly maxShare: number
  /** What of the credit the site wants, and for which account; null where it wants none or says it in no way that can be read. */
  readonly credit: SiteCredit | null
}

/** Whole per cent, 1 to {@link MAX_SITE_PERCENT}, for an account: 64 hex digits, which may be no key all the same. */
export type SiteCredit = { readonly account: string; readonly percent: number }

/** What a site gets that names its account and no share. */
export const DEFAULT_SITE_PERCENT = 20

/** Longest value that is looked at: a host cannot make us read a book. */
export const MAX_VALUE_LENGTH = 16

/** The wishes that `read` gives by name (`theme`, `size`, `share` and `credit` in per cent, `account`); what is absent or makes no sense is the default. */
export function parseHostOptions(read: (name: string) => string | null): HostOptions {
  const theme = bounded(read('theme'))
  const size = bounded(read('size'))
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    size: size === 'strip' ? size : 'box',
    maxShare: maxShareFrom(read('share')),
    credit: creditFrom(read('account'), read('credit')),
  }
}

/** `wanted` under the site's cap: the smaller of the two, and never below what a device can lend at all. */
export function shareUnder({ maxShare }: Pick<HostOptions, 'maxShare'>, wanted: number): number {
  return Math.max(MIN_SHARE, Math.min(maxShare, Number.isFinite(wanted) ? wanted : DEFAULT_SHARE))
}

/** A cap that cannot be read was meant as a cap all the same, so it counts as the least. */
function maxShareFrom(text: string | null): number {
  if (text === null) return 1
  const percent = /^(\d{1,3})%?$/.exec(bounded(text) ?? '')?.[1]
  return percent === undefined ? MIN_SHARE : Math.min(1, Math.max(MIN_SHARE, Number(percent) / 100))
}

/** Whoever cannot say what they want get nothing: it is the visitor's. */
function creditFrom(account: string | null, text: string | null): SiteCredit | null {
  if (account === null || !/^[\da-f]{64}$/.test(account)) return null
  const wanted = text === null ? String(DEFAULT_SITE_PERCENT) : /^(\d{1,3})%?$/.exec(bounded(text) ?? '')?.[1]
  const percent = Math.min(MAX_SITE_PERCENT, Number(wanted ?? 0))
  return percent === 0 ? null : { account, percent }
}

function bounded(text: string | null): string | null {
  return text === null || text.length > MAX_VALUE_LENGTH ? null : text
}
