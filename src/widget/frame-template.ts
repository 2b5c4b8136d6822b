// The parts of the box, made once: what changes is which of them are shown and what they say.
import { MIN_SHARE } from './light.ts'
import { make } from './dom.ts'
import type { FrameMode } from './frame-mode.ts'

/** The parts that the box changes. */
export type FrameTemplate = ReturnType<typeof frameTemplate>

/** New parts for a box on `site` where at most `maxShare` of a `device` may be lent. */
export function frameTemplate(site: string | null, device: 'GPU' | 'processor', maxShare: number) {
  const button = make('button', { type: 'button', class: 'primary', 'data-testid': 'contribute' }, 'Contribute')
  const refuse = make('button', { type: 'button', class: 'quiet', 'data-testid': 'refuse' }, 'Not now')
  const confirm = make(
    'button',
    { type: 'button', 'data-testid': 'confirm', hidden: true },
    'Ask me in a window instead',
  )
  const recall = make('button', { type: 'button', class: 'quiet', 'data-testid': 'recall' }, 'Change my mind')
  const range = make('input', {
    id: 'share',
    type: 'range',
    min: percentOf(MIN_SHARE),
    max: percentOf(maxShare),
    step: '1',
  })
  const output = make('output', { for: 'share', class: 'figure' })
  const cap = maxShare < 1 ? make('p', { class: 'note' }, `This site asks for ${percentOf(maxShare)} % at most.`) : ''
  const share = make(
    'div',
    { class: 'share' },
    make('label', { for: 'share' }, `Share of the ${device}`),
    output,
    range,
    cap,
  )
  const said = make('p', { class: 'said', role: 'alert' })
  const loading = make('p', { class: 'note', role: 'status', hidden: true })
  const quietWords = make('span')
  const quiet = make('p', { class: 'quiet-line', hidden: true }, quietWords, ' ', recall)
  const asking = make('div', { class: 'asking' }, make('div', { class: 'terms' }, ...terms(site, device)), share)
  const buttons = make('div', { class: 'buttons' }, button, refuse)
  // Where the node's state and figures are put: above the button while it runs, below it while consent is asked, so that the consent
  // stays whole in sight.
  const slot = make('slot')
  const consent = make('div', { class: 'consent' }, asking, loading, buttons)
  // Below the consent, which would not be whole in sight with it.
  const answer = make('div', { class: 'answer' }, said, confirm)
  const work = make('div', { class: 'work' }, consent, answer, slot)
  const footer = make('footer', {}, make('a', { href: '/', target: '_blank', rel: 'noopener' }, 'What runs, in full'))
  const mark = make('img', { src: '/mark.svg', width: '20', height: '20', alt: '' })
  const header = make('header', {}, mark, 'commonwatt')
  return {
    all: [header, work, quiet, footer],
    asking,
    button,
    buttons,
    confirm,
    consent,
    footer,
    loading,
    output,
    quiet,
    quietWords,
    range,
    recall,
    refuse,
    said,
    slot,
    work,
  }
}

/** Why nothing is asked, in words; empty where something is. */
export function quietWordsFor(mode: FrameMode, refusedUntilMs: number): string {
  switch (mode) {
    case 'refused':
      return `Not asked again here until ${dayOf(refusedUntilMs)}.`
    case 'phone':
      return 'Off on phones: contributing would drain the battery.'
    case 'less-data':
      return 'Off because your browser is set to save data.'
    case 'no-site':
      return 'Your browser does not say which site this box stands on, so nothing can be started here.'
    case 'on':
    case 'asking':
      return ''
  }
}

function terms(site: string | null, device: string): readonly (Node | string)[] {
  if (site === null) return []
  return [
    `Lend part of your ${device}${device === 'GPU' ? '' : ' (no WebGPU here)'} while you are on `,
    make('strong', {}, new URL(site).host),
    '. It multiplies numbers for others and reads no files. Other nodes see your network address. ' +
      'The credit is yours alone, the site gets none of it. It ends when you stop it or leave.',
  ]
}

function percentOf(share: number): string {
  return String(Math.round(share * 100))
}

function dayOf(ms: number): string {
  return new Intl.DateTimeFormat('en', { day: 'numeric', month: 'long' }).format(ms)
}
