// What a click on Contribute is worth, given who made it and what they could see. The rules alone; sight.ts looks, frame-box.ts acts.

/** Whether the consent has been in plain sight: `unknown` where the browser cannot tell. */
export type Sight = 'seen' | 'unseen' | 'unknown'

/** `start`; `confirm` in a window of our own first; `refuse` and say why. */
export type GateAnswer = 'start' | 'confirm' | 'refuse'

/** A click as the browser describes it: scripts cannot forge `isTrusted`. */
export type GateClick = { readonly isTrusted: boolean }

/** Decides about a click on Contribute. */
export function answerTo({ isTrusted }: GateClick, sight: Sight): GateAnswer {
  if (!isTrusted) return 'refuse'
  switch (sight) {
    case 'seen':
      return 'start'
    case 'unseen':
      return 'refuse'
    case 'unknown':
      // No overlay of the host's reaches into a window of our own.
      return 'confirm'
  }
}
