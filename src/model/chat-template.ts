// Chats through a model's own Jinja template, within bounds: whoever registers a model chooses the template that a coordinator runs, and
// Jinja can loop. Work is counted, not timed, so that the same chat is refused on every machine.
import { Environment, Interpreter, Template } from '@huggingface/jinja'

/** Steps of one chat: a template takes some hundred a message. A million take about a second. */
export const MAX_TEMPLATE_STEPS = 1_000_000

/** Longest text in a template's hands, in UTF-16 units. */
export const MAX_RENDERED_LENGTH = 4 * 2 ** 20

/** Longest list. */
export const MAX_TEMPLATE_LIST = 100_000

/** Largest integer: what is repeated or indented by it is built before anybody can look. */
export const MAX_TEMPLATE_INTEGER = 10_000_000

/** A turn of a loop costs as much as some steps, even with nothing in its body. */
export const STEPS_A_TURN = 4

/** UTF-16 units, and items of a list, that cost as much as a step. */
const UNITS_A_STEP = 256
const ITEMS_A_STEP = 64

type Node = Parameters<Interpreter['evaluate']>[0]
type Value = ReturnType<Interpreter['evaluate']>

/** What a loop goes through: a list, or a list of which it takes some. */
type Loop = { readonly iterable?: Node & { readonly lhs?: Node } }

/** The text of a chat. Throws whatever the template throws, and RangeErrors past the bounds. */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  const { parsed } = new Template(template)
  const environment = new Environment()
  for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value)
  const { value } = new CountingInterpreter(environment).run(parsed)
  return typeof value === 'string' ? value : ''
}

/** What templates expect to find, as the package sets it up, with bounds. The time is left out: a prompt must not depend on it. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: boundedRange,
  raise_exception(message: unknown) {
    throw new Error(String(message))
  },
}

function boundedRange(from: number, to?: number, step = 1): number[] {
  const [start, stop] = to === undefined ? [0, from] : [from, to]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= MAX_TEMPLATE_LIST)) throw new RangeError(`the template asks for a list of ${length} numbers`)
  return Array.from({ length }, (_, i) => start + i * step)
}

class CountingInterpreter extends Interpreter {
  #left = MAX_TEMPLATE_STEPS

  override evaluate(node: Node, environment: Environment): Value {
    this.#spend(1)
    // A loop goes through its list whether or not anything is in its body.
    if (node?.type === 'For') this.#spend(STEPS_A_TURN * this.#lengthOf(node, environment))
    const result = super.evaluate(node, environment)
    this.#assertSmall(result.value)
    return result
  }

  #lengthOf(loop: Node & Loop, environment: Environment): number {
    const list = this.evaluate(loop.iterable?.lhs ?? loop.iterable, environment).value
    if (Array.isArray(list)) return list.length
    return list instanceof Map ? list.size : 0
  }

  #assertSmall(value: unknown): void {
    if (typeof value === 'string') {
      if (value.length > MAX_RENDERED_LENGTH)
        throw new RangeError(`the template writes more than ${MAX_RENDERED_LENGTH} characters`)
      this.#spend(Math.floor(value.length / UNITS_A_STEP))
    } else if (Array.isArray(value)) {
      if (value.length > MAX_TEMPLATE_LIST) throw new RangeError(`the template has a list of ${value.length} items`)
      this.#spend(Math.floor(value.length / ITEMS_A_STEP))
    } else if (typeof value === 'number' && Math.abs(value) > MAX_TEMPLATE_INTEGER)
      throw new RangeError(`the template computes ${value}, past ${MAX_TEMPLATE_INTEGER}`)
  }

  #spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new RangeError(`the template takes more than ${MAX_TEMPLATE_STEPS} steps`)
  }
}
