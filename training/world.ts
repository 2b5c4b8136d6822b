// The generated world: lines `Q: question A: answer` of sums, words, numbers and the facts of a small seeded table of people and towns.
// A question is training text or held out by its hash, never both. Choices favour their first option two to one, so that text has a
// likeliest continuation everywhere.
import { utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { type Random, randomInt, seededRandom, shuffled } from '#core/random.ts'

/** Kinds of questions, as accuracy is reported. */
export const TASKS = ['add', 'subtract', 'compare', 'next', 'sort', 'reverse', 'fact', 'greeting'] as const
export type Task = (typeof TASKS)[number]

/** One question with its answer. */
export type Line = { readonly task: Task; readonly question: string; readonly answer: string }

/** Which side of the split a line is drawn from. Greetings and the plainest wording of each fact are always training text. */
export type Split = 'train' | 'heldOut'

/** How often each task is drawn, as parts of their sum. */
export type Shares = Readonly<Record<Task, number>>

/** The text's usual mixture. */
export const SHARES: Shares = {
  add: 26,
  subtract: 14,
  compare: 10,
  next: 4,
  sort: 14,
  reverse: 14,
  fact: 16,
  greeting: 2,
}

/** The mixture while the rate falls: more of what is hard, and one letter that questions begin with more than any other. */
export const LATE_SHARES: Shares = {
  add: 24,
  subtract: 24,
  compare: 10,
  next: 4,
  sort: 18,
  reverse: 6,
  fact: 18,
  greeting: 2,
}

/** Of 256 questions, those held out. */
const HELD_OUT_OF_256 = 26

const PEOPLE =
  'Mira Tobin Asel Jorun Petra Kato Lena Oskar Nadia Bram Suri Elio Vera Hugo Wanda Idris Paula Rune Yara Felix Gerda Cyrus Doran Zelda'.split(
    ' ',
  )
const TOWNS = ['Oslen', 'Brivia', 'Kestow', 'Marnal', 'Duvaro', 'Pelham', 'Turrin', 'Alvest']
const COLOURS = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'purple', 'orange']
const ANIMALS = ['cat', 'dog', 'horse', 'goat', 'owl', 'hen', 'rabbit', 'turtle']
const JOBS = ['baker', 'tailor', 'miller', 'farmer', 'teacher', 'doctor', 'sailor', 'painter']
const RIVERS = ['Sarn', 'Lume', 'Wend', 'Ostra', 'Caro', 'Ebb', 'Nive', 'Tam']

const GREETINGS: readonly (readonly [string, string])[] = [
  ['hello', 'Hello! Ask me a sum, a word or about my towns.'],
  ['hi', 'Hello! Ask me a sum, a word or about my towns.'],
  ['who are you?', 'I am a tiny model with the same answers on every machine.'],
  ['what can you do?', 'I add, sort, reverse and know the people of eight towns.'],
  ['thank you', 'You are welcome.'],
  ['goodbye', 'Goodbye!'],
]

/** A fact in its wordings, the plainest first. */
export type Fact = { readonly questions: readonly [string, ...string[]]; readonly answer: string }

/** All facts of the world, from a fixed seed. */
export const FACTS: readonly Fact[] = worldFacts(seededRandom('commonwatt-tiny/world/v1'))

/** The text of a line; a prompt is the part up to and including `A:`. */
export function lineText({ question, answer }: Line): string {
  return `${promptText(question)} ${answer}\n`
}

/** What asks `question`. */
export function promptText(question: string): string {
  return `Q: ${question} A:`
}

/** Draws a line of one side of the split: of `tasks`, a mixture or one of them. */
export function drawLine(random: Random, split: Split, tasks: Shares | Task = SHARES): Line {
  const task = typeof tasks === 'string' ? tasks : drawTask(random, split, tasks)
  for (;;) {
    const line = GENERATORS[task](random)
    if (splitOf(line) === split) return line
  }
}

/** The side of the split that a line belongs to. */
export function splitOf({ task, question }: Line): Split {
  if (task === 'greeting' || FACTS.some(({ questions }) => questions[0] === question)) return 'train'
  return (sha256(utf8(question))[0] ?? 0) < HELD_OUT_OF_256 ? 'heldOut' : 'train'
}

function drawTask(random: Random, split: Split, shares: Shares): Task {
  const tasks = TASKS.filter((task) => split === 'train' || task !== 'greeting')
  let left = randomInt(
    random,
    tasks.reduce((sum, task) => sum + shares[task], 0),
  )
  for (const task of tasks) {
    left -= shares[task]
    if (left < 0) return task
  }
  return 'add'
}

const GENERATORS: Readonly<Record<Task, (random: Random) => Line>> = {
  add(random) {
    const [a, b] = [drawNumber(random), drawNumber(random)]
    return { task: 'add', question: `${a}+${b}=?`, answer: String(a + b) }
  },
  subtract(random) {
    const [a, b] = [drawNumber(random), drawNumber(random)].toSorted((x, y) => y - x)
    return { task: 'subtract', question: `${a}-${b}=?`, answer: String((a ?? 0) - (b ?? 0)) }
  },
  compare(random) {
    const [a, b] = [drawNumber(random), drawNumber(random)]
    const wording = pick(random, ['bigger', 'smaller'])
    const answer = wording === 'bigger' ? Math.max(a, b) : Math.min(a, b)
    return { task: 'compare', question: `${wording}, ${a} or ${b}?`, answer: String(answer) }
  },
  next(random) {
    const a = drawNumber(random)
    const wording = pick(random, ['after', 'before'])
    return { task: 'next', question: `${wording} ${a}?`, answer: String(wording === 'after' ? a + 1 : a - 1) }
  },
  sort(random) {
    const alphabet = pick(random, ['123456789', 'abcdefgh']).split('')
    const items = drawMany(random, 3 + randomInt(random, 3), () => pick(random, alphabet))
    return { task: 'sort', question: `sort ${items.join('')}`, answer: items.toSorted().join('') }
  },
  reverse(random) {
    const word = drawWord(random)
    return { task: 'reverse', question: `reverse ${word}`, answer: word.split('').toReversed().join('') }
  },
  fact(random) {
    const { questions, answer } = pick(random, FACTS)
    return { task: 'fact', question: pick(random, questions), answer }
  },
  greeting(random) {
    const [question, answer] = pick(random, GREETINGS)
    return { task: 'greeting', question, answer }
  },
}

function worldFacts(random: Random): Fact[] {
  const facts: Fact[] = []
  for (const person of PEOPLE) {
    const draw = (items: readonly string[]) => items[randomInt(random, items.length)] ?? ''
    facts.push(
      {
        questions: [`where does ${person} live?`, `town of ${person}?`, `${person} lives in which town?`],
        answer: draw(TOWNS),
      },
      {
        questions: [`what colour does ${person} like?`, `colour of ${person}?`, `${person} likes which colour?`],
        answer: draw(COLOURS),
      },
      {
        questions: [`what animal has ${person}?`, `animal of ${person}?`, `${person} has which animal?`],
        answer: draw(ANIMALS),
      },
      {
        questions: [`what is ${person}'s job?`, `job of ${person}?`, `${person} has which job?`],
        answer: draw(JOBS),
      },
    )
  }
  const rivers = shuffled(random, RIVERS)
  const mayors = shuffled(random, PEOPLE)
  for (const [i, town] of TOWNS.entries())
    facts.push(
      { questions: [`what river is in ${town}?`, `river of ${town}?`], answer: rivers[i] ?? '' },
      { questions: [`who is the mayor of ${town}?`, `mayor of ${town}?`], answer: mayors[i] ?? '' },
    )
  return facts
}

/** 1 .. 99; one in eight has a single digit. */
function drawNumber(random: Random): number {
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const tens = randomInt(random, 8) === 0 ? 0 : pick(random, digits)
  return 10 * tens + pick(random, tens === 0 ? digits : [0, ...digits])
}

/** Three to six letters, consonants and vowels in turn. */
function drawWord(random: Random): string {
  const start = randomInt(random, 4) === 0 ? 1 : 0
  const letters = drawMany(random, 3 + randomInt(random, 4), (i) =>
    pick(random, ((i + start) % 2 === 0 ? 'lmnprstbdkgf' : 'aeiou').split('')),
  )
  return letters.join('')
}

function drawMany<T>(random: Random, count: number, draw: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => draw(i))
}

/** One of `items`, the first twice as often as any other. */
function pick<T>(random: Random, items: readonly [T, ...T[]] | readonly T[]): T {
  const i = randomInt(random, items.length + 1)
  const item = items[i === items.length ? 0 : i]
  if (item === undefined) throw new RangeError('There is nothing to pick from.')
  return item
}
