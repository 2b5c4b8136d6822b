// What the box says before consent. In a file of its own, because the widget brings only these sentences along, in one language.
import { msg, str } from '@lit/localize'
import { language } from '#ui/languages/language.ts'
import { make } from './dom.ts'
import type { FrameMode } from './frame-mode.ts'

/** Stand in a sentence for what is shown in bold; languages may turn their order round. */
export const BOLD = ['\ue000', '\ue001'] as const

/** Sentences and names of buttons; each is said when it is shown, in the language of that moment. */
export const frameWords = {
  contribute: () => msg('Contribute'),
  stop: () => msg('Stop'),
  notNow: () => msg('Not now'),
  askInWindow: () => msg('Ask me in a window instead'),
  changeMind: () => msg('Change my mind'),
  whatRuns: () => msg('What runs, in full'),
  siteCap: (share: string) => msg(str`This site asks for ${share} at most.`),
  shareLabel: (hasGpu: boolean) => (hasGpu ? msg('Share of the GPU') : msg('Share of the processor')),
  covered: () =>
    msg('Something covered this box when you clicked, so nothing was started. Click again when you see all of it.'),
  blocked: () =>
    msg(
      'Your browser cannot tell whether you saw all of this box, and let no window open to ask you, so nothing was started. You can contribute on our own page: the link is below.',
    ),
  loading: () => msg('Loading what is needed …'),
  windowOpen: () => msg('Answer in the window that was opened.'),
  declined: () => msg('Nothing was started.'),
  notLoaded: () =>
    msg(
      'What is needed could not be loaded, so nothing was started. Check your connection, then click Contribute again.',
    ),
}

/** Why nothing is asked, in words; empty where something is. */
export function quietWordsFor(mode: FrameMode, refusedUntilMs: number): string {
  switch (mode) {
    case 'refused':
      return msg(str`Not asked again here until ${dayOf(refusedUntilMs)}.`)
    case 'phone':
      return msg('Off on phones: contributing would drain the battery.')
    case 'less-data':
      return msg('Off because your browser is set to save data.')
    case 'no-site':
      return msg('Your browser does not say which site this box stands on, so nothing can be started here.')
    case 'on':
    case 'asking':
      return ''
  }
}

/** What a click on Contribute agrees to, on the site `host`. */
export function termsWords(host: string, hasGpu: boolean, creditPercent: number): readonly (Node | string)[] {
  const terms = bolded(
    hasGpu
      ? msg(
          str`Lend part of your GPU while you are on ${BOLD[0]}. It multiplies numbers for others and reads no files. Other nodes see your network address. It ends when you stop it or leave.`,
        )
      : msg(
          str`Lend part of your processor (no WebGPU here) while you are on ${BOLD[0]}. It multiplies numbers for others and reads no files. Other nodes see your network address. It ends when you stop it or leave.`,
        ),
    host,
  )
  return [...terms, ' ', ...creditWords(host, creditPercent)]
}

/** Who gets the credit: the visitor, or the visitor and the site `host`. */
export function creditWords(host: string, percent: number): readonly (Node | string)[] {
  if (percent === 0) return [msg('The credit is yours alone, the site gets none of it.')]
  return bolded(msg(str`${percentWords(percent / 100)} of the credit goes to ${BOLD[0]}, the rest to you.`), host)
}

/** `sentence` with `parts` in bold where it has their {@link BOLD}. */
export function bolded(sentence: string, ...parts: readonly string[]): readonly (Node | string)[] {
  return sentence.split(/([\ue000\ue001])/).map((text) => {
    const part = parts[BOLD.findIndex((mark) => mark === text)]
    return part === undefined ? text : make('strong', {}, part)
  })
}

/** A share of one in whole per cent. */
export function percentWords(share: number): string {
  return new Intl.NumberFormat(language(), { style: 'percent' }).format(share)
}

function dayOf(ms: number): string {
  return new Intl.DateTimeFormat(language(), { day: 'numeric', month: 'long' }).format(ms)
}
