// npm run languages: takes the sentences out of the sources into the translators' files (languages/*.xlf), and builds the tables that pages
// load from those (languages/built). Run it after every change of a sentence or a translation. With --check it changes nothing, and fails
// where a sentence has no translation or a file is not what it would write.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfigFileAndWriteSchema } from '@lit/localize-tools/lib/config.js'
import { RuntimeLitLocalizer } from '@lit/localize-tools/lib/modes/runtime.js'
import { ROOT, say } from './run-command.mjs'

const isCheck = process.argv.includes('--check')
// The tool tells on the console what is missing; here that is told once, with the sentence.
console.warn = () => {}
const problems = await update(readConfigFileAndWriteSchema(join(ROOT, 'lit-localize.json')))
for (const problem of problems) say(problem)
process.exit(problems.length === 0 ? 0 : 1)

/** Writes what belongs to `config`; returns what is wrong, a line each. */
async function update(config) {
  const scratch = mkdtempSync(join(tmpdir(), 'commonwatt-languages-'))
  const kept = config.resolve(config.interchange.xliffDir)
  const built = config.resolve(config.output.outputDir)
  for (const language of config.targetLocales) copy(join(kept, `${language}.xlf`), scratch)
  const inScratch = {
    ...config,
    interchange: { ...config.interchange, xliffDir: scratch },
    output: { ...config.output, outputDir: join(scratch, 'built') },
  }
  const localizer = new RuntimeLitLocalizer(inScratch)
  const { messages, errors } = localizer.extractSourceMessages()
  if (errors.length > 0)
    return errors.map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`)
  const { translations } = localizer.readTranslationsSync()
  for (const bundle of translations.values()) rename(bundle, messages)
  const { errors: misplaced } = localizer.validateTranslations()
  if (misplaced.length > 0) return misplaced
  await localizer.writeInterchangeFiles()
  await localizer.build()
  const found = config.targetLocales.flatMap((language) =>
    missing(language, messages, translations.get(language) ?? []),
  )
  for (const language of config.targetLocales) {
    const pairs = [
      [join(scratch, `${language}.xlf`), join(kept, `${language}.xlf`)],
      [join(scratch, 'built', `${language}.ts`), join(built, `${language}.ts`)],
    ]
    for (const [fresh, present] of pairs) {
      if (!isCheck) cpSync(fresh, present)
      else if (textOf(fresh) !== textOf(present)) found.push(`${present} is not up to date: npm run languages.`)
    }
  }
  rmSync(scratch, { recursive: true })
  return found
}

/** A placeholder is known by its number: what stands in it may be renamed in the source without being translated again. */
function rename(bundle, messages) {
  const sources = new Map(messages.map(({ name, contents }) => [name, contents]))
  for (const { name, contents } of bundle)
    for (const part of contents) {
      const source = sources.get(name)?.find(({ index }) => index !== undefined && index === part.index)
      if (source !== undefined) part.untranslatable = source.untranslatable
    }
}

function missing(language, messages, translations) {
  const names = new Set(translations.filter(({ contents }) => contents.length > 0).map(({ name }) => name))
  return messages
    .filter(({ name }) => !names.has(name))
    .map(({ name, contents, file }) => `${language} lacks ${name} of ${file.fileName}: ${plain(contents)}`)
}

function plain(contents) {
  return contents.map((part) => (typeof part === 'string' ? part : part.untranslatable)).join('')
}

/** Two branches that add the same sentence merge into a file that has it twice: of those the translated one stays. */
function copy(from, folder) {
  if (!existsSync(from)) return
  const best = new Map()
  const text = readFileSync(from, 'utf8').replace(/<trans-unit id="(\w+)">[\s\S]*?<\/trans-unit>\n/g, (unit, id) => {
    const known = best.get(id)
    if (known === undefined || (!known.includes('<target>') && unit.includes('<target>'))) best.set(id, unit)
    return known === undefined ? `<trans-unit id="${id}">\n` : ''
  })
  const whole = text.replace(/<trans-unit id="(\w+)">\n/g, (_, id) => best.get(id))
  writeFileSync(join(folder, from.split(/[\\/]/).at(-1)), whole)
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
