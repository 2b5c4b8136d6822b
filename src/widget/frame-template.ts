// The parts of the box, made once: what changes is which of them are shown and what they say.
import { MIN_SHARE } from './light.ts'
import { make } from './dom.ts'
import type { HostOptions } from './host-options.ts'
import { frameWords, percentWords, termsWords } from './frame-words.ts'

/** The parts that the box changes. */
export type FrameTemplate = ReturnType<typeof frameTemplate>

type Wishes = Pick<HostOptions, 'maxShare' | 'credit'>

/** New parts for a box on `site`, which wishes that at most so much of a device is lent, and a part of the credit. */
export function frameTemplate(site: string | null, hasGpu: boolean, { maxShare, credit }: Wishes) {
  const button = make(
    'button',
    { type: 'button', class: 'primary', 'data-testid': 'contribute' },
    frameWords.contribute,
  )
  const refuse = make('button', { type: 'button', class: 'quiet', 'data-testid': 'refuse' }, frameWords.notNow)
  const confirm = make('button', { type: 'button', 'data-testid': 'confirm', hidden: true }, frameWords.askInWindow)
  const recall = make('button', { type: 'button', class: 'quiet', 'data-testid': 'recall' }, frameWords.changeMind)
  const range = make('input', {
    id: 'share',
    type: 'range',
    min: percentOf(MIN_SHARE),
    max: percentOf(maxShare),
    step: '1',
  })
  const output = make('output', { for: 'share', class: 'figure' })
  const cap = maxShare < 1 ? make('p', { class: 'note' }, frameWords.siteCap(percentWords(maxShare))) : ''
  const share = make(
    'div',
    { class: 'share' },
    make('label', { for: 'share' }, hasGpu ? frameWords.shareOfGpu : frameWords.shareOfProcessor),
    output,
    range,
    cap,
  )
  const said = make('p', { class: 'said', role: 'alert' })
  const loading = make('p', { class: 'note', role: 'status', hidden: true })
  const quietWords = make('span')
  const quiet = make('p', { class: 'quiet-line', hidden: true }, quietWords, ' ', recall)
  const asking = make(
    'div',
    { class: 'asking' },
    make(
      'div',
      { class: 'terms' },
      ...(site === null ? [] : termsWords(new URL(site).host, hasGpu, credit?.percent ?? 0)),
    ),
    share,
  )
  const buttons = make('div', { class: 'buttons' }, button, refuse)
  // Where the node's state and figures are put: above the button while it runs, below it while consent is asked, so that the consent
  // stays whole in sight.
  const slot = make('slot')
  const consent = make('div', { class: 'consent' }, asking, loading, buttons)
  // Below the consent, which would not be whole in sight with it.
  const answer = make('div', { class: 'answer' }, said, confirm)
  const work = make('div', { class: 'work' }, consent, answer, slot)
  const footer = make('footer', {}, make('a', { href: '/', target: '_blank', rel: 'noopener' }, frameWords.whatRuns))
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

function percentOf(share: number): string {
  return String(Math.round(share * 100))
}
