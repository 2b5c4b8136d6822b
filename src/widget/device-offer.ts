// Whether this device is asked at all: not a phone, and not where the browser was told to save data. Decided before anything is loaded.

/** What of a device decides. */
export type DeviceFacts = {
  /** The browser's own word, where it gives one. */
  readonly isMobile: boolean | null
  /** The main pointer is a finger, and nothing hovers. */
  readonly isTouchOnly: boolean
  readonly shortSidePx: number
  readonly savesData: boolean
}

/** `ask`, or why not. */
export type Offer = 'ask' | 'phone' | 'less-data'

/** Touch-only screens narrower than this are phones: the smallest tablets have 600 pixels. */
export const PHONE_BELOW_PX = 600

/** The part of Navigator that not every browser has. */
type Hints = {
  readonly userAgentData?: { readonly mobile: boolean }
  readonly connection?: { readonly saveData?: boolean }
}

/** Reads the facts off a window. */
export function deviceFactsOf(window: Window): DeviceFacts {
  const { navigator, screen } = window
  const { userAgentData, connection }: Hints = navigator as Navigator & Hints
  const holds = (query: string) => window.matchMedia(query).matches
  return {
    isMobile: userAgentData?.mobile ?? null,
    isTouchOnly: holds('(pointer: coarse) and (hover: none)'),
    shortSidePx: Math.min(screen.width, screen.height),
    savesData: connection?.saveData === true || holds('(prefers-reduced-data: reduce)'),
  }
}

/** Whether to ask on a device with these facts. */
export function offerFor({ isMobile, isTouchOnly, shortSidePx, savesData }: DeviceFacts): Offer {
  if (savesData) return 'less-data'
  const isPhone = isMobile ?? (isTouchOnly && shortSidePx < PHONE_BELOW_PX)
  return isPhone ? 'phone' : 'ask'
}
