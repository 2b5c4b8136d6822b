// The text over which a new model is run before it is written: sentences of several languages and scripts, sums and code, made here from
// word lists and a seed, so that every machine has the same. It means little; it is there to make activations large.
import { randomInt, seededRandom } from '#core/random.ts'

/** Name of the text; another text has another name. */
export const CALIBRATION_TEXT = 'commonwatt/calibration-text/v1'

/** A sentence with places, and the words for each place. */
type Pattern = { readonly sentence: string; readonly words: readonly (readonly string[])[] }

const PATTERNS: readonly Pattern[] = [
  {
    sentence: 'The % % near the %. ',
    words: [
      ['quiet', 'tall', 'broken', 'golden'],
      ['bridge', 'engine', 'teacher', 'forest'],
      ['river', 'market', 'station', 'harbour'],
    ],
  },
  {
    sentence: 'Der % % in der %. ',
    words: [
      ['Bäcker', 'Zug', 'Müller', 'Fluss'],
      ['wartet', 'schläft', 'verschwindet', 'glänzt'],
      ['Straße', 'Küche', 'Nähe', 'Höhle'],
    ],
  },
  { sentence: '# + # = #\n', words: [] },
  {
    sentence: 'Le % % sous la %. ',
    words: [
      ['garçon', 'chat', 'médecin', 'fantôme'],
      ['rêve', 'mange', 'court', 'siffle'],
      ['forêt', 'pluie', 'lumière', 'fenêtre'],
    ],
  },
  {
    sentence: 'for (let % = 0; % < #; %++) total += values[#];\n',
    words: [
      ['i', 'row', 'count'],
      ['i', 'row', 'count'],
      ['i', 'row', 'count'],
    ],
  },
  {
    sentence: 'Большая % видит %. ',
    words: [
      ['собака', 'река', 'машина', 'звезда'],
      ['город', 'берег', 'снег', 'ночь'],
    ],
  },
  {
    sentence: '我们在%里看见了%。',
    words: [
      ['图书馆', '森林', '城市', '学校'],
      ['月亮', '老师', '火车', '河流'],
    ],
  },
  {
    sentence: 'El % canta en la %. ',
    words: [
      ['niño', 'pájaro', 'músico', 'camión'],
      ['montaña', 'cocina', 'mañana', 'plaza'],
    ],
  },
  {
    sentence: '{"name": "%", "size": #, "tags": ["%", null]}\n',
    words: [
      ['alpha', 'beta', 'gamma'],
      ['open', 'final', 'urgent'],
    ],
  },
  {
    sentence: '%は%を読みます。',
    words: [
      ['先生', '子ども', 'ネコ', '友だち'],
      ['本', '手紙', 'ニュース', '地図'],
    ],
  },
  {
    sentence: 'Η % βλέπει τη %. ',
    words: [
      ['γυναίκα', 'πόλη', 'γάτα', 'μητέρα'],
      ['θάλασσα', 'νύχτα', 'βροχή', 'πόρτα'],
    ],
  },
  {
    sentence: 'رأى % الـ%. ',
    words: [
      ['الولد', 'المعلم', 'الطبيب', 'الصديق'],
      ['بحر', 'كتاب', 'قطار', 'بيت'],
    ],
  },
  {
    sentence: '% घर में % है। ',
    words: [
      ['लड़का', 'माँ', 'राजा', 'बिल्ली'],
      ['सोता', 'हँसता', 'पढ़ता', 'गाता'],
    ],
  },
  {
    sentence: '%가 %에서 기다립니다. ',
    words: [
      ['친구', '고양이', '의사', '기차'],
      ['학교', '시장', '공원', '바다'],
    ],
  },
]

/** Times every pattern is used: enough for 256 tokens of the widest tokenizer, and a few lines more. */
const ROUNDS = 6

/** The text. */
export function calibrationText(): string {
  const random = seededRandom(CALIBRATION_TEXT)
  let text = ''
  for (let round = 0; round < ROUNDS; round++) for (const pattern of PATTERNS) text += fill(pattern)
  return text

  function fill({ sentence, words }: Pattern): string {
    let place = 0
    return sentence.replaceAll(/[%#]/g, (sign) => {
      if (sign === '#') return String(randomInt(random, 1000))
      const list = words[place++] ?? []
      return list[randomInt(random, list.length)] ?? ''
    })
  }
}
