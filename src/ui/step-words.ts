// What a node is at, in the page's language.
import { msg } from '@lit/localize'
import type { Step } from '#node/step.ts'

/** A sentence for `step`. */
export function stepWords(step: Step): string {
  switch (step) {
    case 'loading':
      return msg('Loading the node.')
    case 'finding':
      return msg('Finding the network.')
    case 'opening':
      return msg('Opening the device.')
    case 'joining':
      return msg('Joining the network.')
    case 'idle':
      return msg('No unit is meant for your device right now; the next one starts by itself.')
    case 'computing':
      return msg('Computing for the network.')
    case 'stopping':
      return msg('Stopping.')
    case 'handing-back':
      return msg('Your device is free; handing the work back.')
    case 'stopped':
      return msg('Stopped.')
    case 'not-started':
      return msg('The node did not start.')
  }
}
