// Files of texts: one a line, or in .jsonl a JSON string or an object with a text a line; and of a chat's messages.
import { readFile, stat } from 'node:fs/promises'
import * as v from 'valibot'
import { fromUtf8 } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import type { ChatMessage } from '#model/text-model.ts'

/** Largest file of texts: it is read as a whole. */
export const MAX_TEXTS_BYTES = 64 * 2 ** 20

/** Largest file of messages. */
export const MAX_MESSAGES_BYTES = 2 ** 20

const messagesSchema = v.pipe(v.array(v.strictObject({ role: v.string(), content: v.string() })), v.minLength(1))
const lineSchema = v.union([v.string(), v.object({ text: v.string() })])

/** The texts in `file`; empty lines are none. Throws {@link TextsError}. */
export async function readTexts(file: string): Promise<readonly string[]> {
  const { size } = await stat(file)
  if (size > MAX_TEXTS_BYTES) throw new TextsError(file, `has ${size} bytes, more than ${MAX_TEXTS_BYTES}`)
  const lines = linesOf(file, new Uint8Array(await readFile(file)))
  if (lines.length === 0) throw new TextsError(file, 'holds no text')
  return file.endsWith('.jsonl') ? lines.map((line, i) => textOfLine(file, line, i)) : lines
}

/** The messages in `file`: [{"role": text, "content": text}, ...]. Throws {@link TextsError}. */
export async function readMessages(file: string): Promise<ChatMessage[]> {
  const { size } = await stat(file)
  if (size > MAX_MESSAGES_BYTES) throw new TextsError(file, `has ${size} bytes, more than ${MAX_MESSAGES_BYTES}`)
  let json: unknown
  try {
    json = JSON.parse(fromUtf8(new Uint8Array(await readFile(file))))
  } catch (cause) {
    throw new TextsError(file, cause instanceof SyntaxError ? 'is not JSON' : 'is not UTF-8')
  }
  const parsed = v.safeParse(messagesSchema, json)
  if (!parsed.success) throw new TextsError(file, 'is not a list of {"role": text, "content": text}, one at least')
  return parsed.output
}

/** Lines that are not empty. */
function linesOf(file: string, bytes: Uint8Array): string[] {
  try {
    return fromUtf8(bytes)
      .split(/\r?\n/)
      .filter((line) => line !== '')
  } catch {
    throw new TextsError(file, 'is not UTF-8')
  }
}

function textOfLine(file: string, line: string, index: number): string {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    throw new TextsError(file, `has a line that is not JSON: number ${index + 1} of those that are not empty`)
  }
  const parsed = v.safeParse(lineSchema, json)
  if (!parsed.success) throw new TextsError(file, `has a line that is neither text nor {"text": ...}: ${index + 1}`)
  return typeof parsed.output === 'string' ? parsed.output : parsed.output.text
}

/** A file holds no texts. */
export class TextsError extends AppError {
  override readonly name = 'cli.Texts'
  constructor(path: string, problem: string) {
    super('input', `${path} ${problem}.`)
  }
}
