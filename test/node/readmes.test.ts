// The README in its three languages: the words differ, and what is not words does not.
import { readFile, stat } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const ORIGINAL = 'README.md'
const TRANSLATIONS = ['README.pt-BR.md', 'README.zh-Hans.md']
const ALL = [ORIGINAL, ...TRANSLATIONS]

const FENCE = /^ *```(\w*)\n([\s\S]*?)\n *```$/gm
const LINK = /\]\(([^)]+)\)|<(https?:[^>]+)>/g

const texts = new Map<string, string>()

beforeAll(async () => {
  for (const name of ALL) texts.set(name, await readFile(new URL(name, ROOT), 'utf8'))
})

const textOf = (name: string): string => texts.get(name) ?? ''

/** Without code in fences. */
const prose = (text: string): string => text.replace(FENCE, '')

/** The kinds of blocks in order: headings with their level, list items with their number, fences with their language, paragraphs. */
function blocksOf(text: string): string[] {
  const kinds: string[] = []
  const lines = text.replace(FENCE, (_, language: string) => `\n\`\`\`${language}\n`).split('\n')
  let isParagraph = false
  for (const line of lines) {
    const marked = /^ *(#+ |\d+\. |```\w*|!\[)/.exec(line)?.[1]
    if (marked !== undefined) kinds.push(marked.trim())
    else if (line.trim() !== '' && !isParagraph) kinds.push('paragraph')
    isParagraph = line.trim() !== '' && !/^ *(#|```)/.test(line)
  }
  return kinds
}

/** What is in fences, without comments and without the labels of diagrams, which are words. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(FENCE)].map(([, language = '', code = '']) =>
    language === 'mermaid'
      ? code.replace(/[[(]+"[^"]*"[\])]+|"[^"]*"/g, '')
      : code.replace(/ +(?:#|\/\/) .*$/gm, '').replace(/^ +/gm, ''),
  )
}

/** Code within sentences, in no order: another grammar may turn it round. */
function codeOf(text: string): string[] {
  return [...prose(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).toSorted()
}

function linksOf(text: string): string[] {
  return [...prose(text).matchAll(LINK)].map(([, link, bare]) => link ?? bare ?? '').toSorted()
}

const isOfReadmes = (link: string): boolean => ALL.includes(link)

/** Throws with the path when there is nothing. */
async function isFile(path: string): Promise<boolean> {
  return (await stat(new URL(path, ROOT))).isFile()
}

describe('READMEs', () => {
  test('default: each names its own language and links the two others, in its third line', () => {
    for (const name of ALL) {
      const line = textOf(name).split('\n')[2] ?? ''
      expect(linksOf(line)).toEqual(ALL.filter((other) => other !== name).toSorted())
      expect(line).toMatch(/\*\*[^*]+\*\*/)
    }
  })

  test('behaviour: every file that is linked is there', async () => {
    const files = new Set(ALL.flatMap((name) => linksOf(textOf(name))).filter((link) => !link.startsWith('http')))
    expect(files.size).toBeGreaterThan(10)
    for (const file of files) expect(await isFile(file.replace(/#.*/, ''))).toBe(true)
  })

  for (const name of TRANSLATIONS) {
    test(`behaviour: ${name} has the headings, items, commands and paragraphs of the original, in their order`, () => {
      const blocks = blocksOf(textOf(ORIGINAL))
      expect(blocks.length).toBeGreaterThan(30)
      expect(blocksOf(textOf(name))).toEqual(blocks)
    })

    test(`behaviour: ${name} has the commands of the original`, () => {
      const commands = commandsOf(textOf(ORIGINAL))
      expect(commands.join('\n')).toContain('npm start\n')
      expect(commandsOf(textOf(name))).toEqual(commands)
      expect(codeOf(textOf(name))).toEqual(codeOf(textOf(ORIGINAL)))
    })

    test(`behaviour: ${name} has the links of the original`, () => {
      const links = (of: string) => linksOf(textOf(of)).filter((link) => !isOfReadmes(link))
      expect(links(name)).toEqual(links(ORIGINAL))
    })
  }
})
