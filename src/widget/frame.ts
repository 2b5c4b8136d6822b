// Entry of the widget's frame: finds out where it stands, then shows the consent. Small on purpose: whatever is not needed to ask comes
// after the answer. Messages go to the verified host alone.
import { ownStore } from './light.ts'
import { confirmInWindow } from './confirm-window.ts'
import { deviceFactsOf, offerFor } from './device-offer.ts'
import './frame-box.ts'
import { openFrameWords } from './frame-words.ts'
import { parseHostOptions } from './host-options.ts'
import { parseRefusal } from './refusal.ts'
import { hostSite, surroundingsOf } from './host-site.ts'

const site = hostSite(surroundingsOf(window))
const wishes = new URLSearchParams(location.search)
const options = parseHostOptions((name) => wishes.get(name))
document.documentElement.dataset['theme'] = options.theme

await openFrameWords()
const box = document.createElement('cw-frame')
box.parts = {
  site,
  options,
  offer: offerFor(deviceFactsOf(window)),
  hasGpu: 'gpu' in navigator,
  store: ownStore(),
  toldRefusedUntilMs: parseRefusal(wishes.get('refused'), Date.now()),
  nowMs: () => Date.now(),
  confirm: confirmInWindow,
  openWorking: async (site) => {
    const { openWorking } = await import('./open-working.ts')
    return await openWorking(site, options.credit)
  },
  tell: (message) => {
    if (site !== null) window.parent.postMessage(message, site)
  },
}
document.body.append(box)
