// What the contributor's page says first. Its document has these words before any script has come, and the element when it takes over.
import { msg } from '@lit/localize'

/** The page's title. */
export function introTitle(): string {
  return msg('Lend your GPU to work that anyone can check')
}

/** What it is, in two sentences. */
export function introText(): string {
  return msg(
    'Commonwatt joins browser tabs into one computer. Each piece of work is done by at least two of them and counts only if they agree; you earn credit for it, and see why.',
  )
}

/** What the document says of itself until the elements take over. */
export function shellWords() {
  return {
    section: msg('Contribution'),
    state: msg('Opening the page'),
    reason: msg('Nothing runs until you click.'),
    button: msg('Contribute'),
  }
}
