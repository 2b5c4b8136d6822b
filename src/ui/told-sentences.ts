// What a node, and through it a coordinator, tells in English, each sentence beside how the page says it. `{}` stands for one word, `{…}`,
// once at most, for any number. A test holds each pair together, and others hold the kinds of work to what stands here.
import { msg, str } from '@lit/localize'

/** A sentence as it is told, and how it is said with the values found in it. */
export type Told = readonly [pattern: string, say: (...values: string[]) => string]

/** Whole sentences. */
export const TOLD_SENTENCES: readonly Told[] = [
  ['The coordinator cannot be reached; trying again.', () => msg('The coordinator cannot be reached; trying again.')],
  // A unit's way.
  ['Computing.', () => msg('Computing.')],
  ['Computed; waiting for the other replicas.', () => msg('Computed; waiting for the other replicas.')],
  ['Checking the other replicas.', () => msg('Checking the other replicas.')],
  [
    'The coordinator promised no receipt that pays this node for it.',
    () => msg('The coordinator promised no receipt that pays this node for it.'),
  ],
  ['The contributor stopped.', () => msg('You stopped it.')],
  ['the device rests', () => msg('Your device rests.')],
  ['The lease ran out before the unit was settled.', () => msg('Its time ran out before it was settled.')],
  [
    'Part {} of the result is wrong; the reference proves it.',
    (part) => msg(str`Part ${part} of the result is wrong; the reference proves it.`),
  ],
  // Kinds of work.
  [
    'Multiplied a {} x {} and a {} x {} matrix',
    (rows, k, k2, cols) => msg(str`Multiplied a ${rows} x ${k} and a ${k2} x ${cols} matrix`),
  ],
  [
    'Multiplied a {} x {} part of a {} x {} and a {} x {} matrix',
    (m, n, rows, k, k2, cols) =>
      msg(str`Multiplied a ${m} x ${n} part of a ${rows} x ${k} and a ${k2} x ${cols} matrix`),
  ],
  [
    'Wrote up to {} tokens after a prompt of {}',
    (tokens, prompt) => msg(str`Wrote up to ${tokens} tokens after a prompt of ${prompt}`),
  ],
  [
    'Turned {} text of {} tokens into vectors',
    (texts, tokens) => msg(str`Turned ${texts} text of ${tokens} tokens into vectors`),
  ],
  [
    'Turned {} texts of {} tokens into vectors',
    (texts, tokens) => msg(str`Turned ${texts} texts of ${tokens} tokens into vectors`),
  ],
  // The device.
  [
    'This GPU computes wrongly with the kernels {…}; others are used.',
    (kernels) => msg(str`This GPU computes wrongly with the kernels ${kernels}; others are used.`),
  ],
  ['Computing on the CPU instead, much slower.', () => msg('Computing on the CPU instead, much slower.')],
  ['It takes no language models.', () => msg('It takes no language models.')],
  ['There is no GPU to compute on: {…}.', (why) => msg(str`There is no GPU to compute on: ${why}.`)],
  [
    'The GPU was lost, and lost again after it was opened anew: {…}.',
    (why) => msg(str`The GPU was lost, and lost again after it was opened anew: ${why}.`),
  ],
  ['Language models run on {…}.', (where) => msg(str`Language models run on ${where}.`)],
  // What keeps a node from the grid.
  ['There is no coordinator at {}: {…}.', (url, why) => msg(str`There is no coordinator at ${url}: ${why}.`)],
  [
    'Too many requests from this address: try again in {} s.',
    (seconds) => msg(str`Too many requests from this address: try again in ${seconds} s.`),
  ],
  ['No coordinator answers at {}.', (url) => msg(str`No coordinator answers at ${url}.`)],
  ['The peer {} cannot be reached: {…}.', (peer, why) => msg(str`The peer ${peer} cannot be reached: ${why}.`)],
  ['The coordinator does not admit this node.', () => msg('The coordinator does not admit this node.')],
  ['The coordinator now runs another network.', () => msg('The coordinator now runs another network.')],
  ['Reload the page, or start the node again, to join it.', () => msg('Reload the page to join it.')],
  ['Another tab of this browser contributes already.', () => msg('Another tab of this browser contributes already.')],
  ['Stop it there, or let it go on.', () => msg('Stop it there, or let it go on.')],
  [
    'The consent to contribute does not hold: {…}.',
    (why) => msg(str`The consent to contribute does not hold: ${why}.`),
  ],
  ['Choose Contribute again.', () => msg('Choose Contribute again.')],
  ['The device failed {} units in a row.', (count) => msg(str`The device failed ${count} units in a row.`)],
  ['Reload the page to try again.', () => msg('Reload the page to try again.')],
  ['Reload the page, or start the node again.', () => msg('Reload the page.')],
  ['The worker failed: {…}.', (why) => msg(str`The part that computes failed: ${why}.`)],
  ['The node was stopped.', () => msg('The node was stopped.')],
  [
    'The node has not joined the network yet: try again in a moment.',
    () => msg('The node has not joined the network yet: try again in a moment.'),
  ],
  ['You can contribute without one.', () => msg('You can contribute without one.')],
  ['A passkey cannot be made: {…}.', (why) => msg(str`A passkey cannot be made: ${why}.`)],
  [
    'The passkey prompt was closed or timed out: try again, or contribute without a passkey.',
    () => msg('The passkey prompt was closed or timed out: try again, or contribute without a passkey.'),
  ],
  // What a coordinator did against the rules.
  [
    'The coordinator signed two lists of commitments for one unit that contradict one another.',
    () => msg('The coordinator signed two lists of commitments for one unit that contradict one another.'),
  ],
  [
    'The node {} signed two different results for one unit.',
    (node) => msg(str`The node ${node} signed two different results for one unit.`),
  ],
  [
    'The coordinator certified a unit of yours whose checkers were not drawn by the rules.',
    () => msg('The coordinator certified a unit of yours whose checkers were not drawn by the rules.'),
  ],
  [
    'The coordinator promised you a receipt and has something else in its place in the log.',
    () => msg('The coordinator promised you a receipt and has something else in its place in the log.'),
  ],
  [
    'The coordinator forked its public log: the log of {} entries does not continue the one of {}.',
    (later, earlier) =>
      msg(
        str`The coordinator forked its public log: the log of ${later} entries does not continue the one of ${earlier}.`,
      ),
  ],
  [
    'The proof is kept; do not work for it before its operator has explained this.',
    () => msg('The proof is kept; do not work for it before its operator has explained this.'),
  ],
  [
    "The coordinator's public log had {} entries and shows {} now: it was rolled back, or hides its newest part.",
    (had, has) =>
      msg(
        str`The coordinator’s public log had ${had} entries and shows ${has} now: it was rolled back, or hides its newest part.`,
      ),
  ],
  [
    'Its operator has to explain this before anyone works for it.',
    () => msg('Its operator has to explain this before anyone works for it.'),
  ],
]

/** Why a unit was paid: the first value says what it was, and is told too. */
export const TOLD_AGREEMENTS: readonly Told[] = [
  ['{…}; one node computed it.', (what) => msg(str`${what}; one node computed it.`)],
  ['{…}; {} nodes agreed.', (what, count) => msg(str`${what}; ${count} nodes agreed.`)],
  [
    '{…}; one node computed it, and the coordinator audited it: valid.',
    (what) => msg(str`${what}; one node computed it, and the coordinator audited it: valid.`),
  ],
  [
    '{…}; {} nodes agreed, and the coordinator audited it: valid.',
    (what, count) => msg(str`${what}; ${count} nodes agreed, and the coordinator audited it: valid.`),
  ],
  [
    '{…}; one node computed it, and another node audited it: valid.',
    (what) => msg(str`${what}; one node computed it, and another node audited it: valid.`),
  ],
  [
    '{…}; {} nodes agreed, and another node audited it: valid.',
    (what, count) => msg(str`${what}; ${count} nodes agreed, and another node audited it: valid.`),
  ],
]
