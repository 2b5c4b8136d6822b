// Files of texts as people have them, and what is refused.
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MAX_MESSAGES_BYTES, MAX_TEXTS_BYTES, readMessages, readTexts } from './text-files.ts'

const folder = await mkdtemp(join(tmpdir(), 'texts-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('default: a text a line, in whatever way lines end', async () => {
  expect(await readTexts(await fileOf('a.txt', 'one\r\n\ntwo "2"\nthrée'))).toEqual(['one', 'two "2"', 'thrée'])
})

test('option: .jsonl holds strings and objects with a text', async () => {
  const path = await fileOf('a.jsonl', '"one\\ntwo"\n{"text": "three", "id": 7}\n\n""\n')
  expect(await readTexts(path)).toEqual(['one\ntwo', 'three', ''])
})

test.each([
  ['no text', 'none.txt', '\n\n', 'holds no text'],
  ['bytes that are not UTF-8', 'latin.txt', Uint8Array.of(0x61, 0xe9, 0x0a), 'is not UTF-8'],
  ['a line that is not JSON', 'a-bad.jsonl', '"one"\ntwo\n', 'not JSON: number 2'],
  ['a line that is no text', 'number.jsonl', '7\n', 'neither text nor'],
])('error: %s', async (_, name, content, part) => {
  const refused = readTexts(await fileOf(name, content))
  await expect(refused).rejects.toMatchObject({ kind: 'input', message: expect.stringContaining(part) as string })
})

test('limit: a file past 64 MiB is not read', async () => {
  const path = await fileOf('large.txt', 'x')
  await truncate(path, MAX_TEXTS_BYTES + 1)
  await expect(readTexts(path)).rejects.toThrow(String(MAX_TEXTS_BYTES + 1))
})

test('default: messages of a chat', async () => {
  const chat = [{ role: 'user', content: 'Grüße' }]
  expect(await readMessages(await fileOf('chat.json', JSON.stringify(chat)))).toEqual(chat)
})

test.each([
  ['text that is not JSON', 'chat1.json', '[', 'is not JSON'],
  ['bytes that are not UTF-8', 'chat2.json', Uint8Array.of(0x5b, 0x22, 0xe9, 0x22, 0x5d), 'is not UTF-8'],
  ['no messages', 'chat3.json', '[]', 'one at least'],
  ['messages without a role', 'chat4.json', '[{"content": "x"}]', 'is not a list of'],
])('error: a chat of %s', async (_, name, content, part) => {
  const refused = readMessages(await fileOf(name, content))
  await expect(refused).rejects.toMatchObject({ kind: 'input', message: expect.stringContaining(part) as string })
})

test('limit: a chat past 1 MiB is not read', async () => {
  const path = await fileOf('large.json', '[]')
  await truncate(path, MAX_MESSAGES_BYTES + 1)
  await expect(readMessages(path)).rejects.toThrow(String(MAX_MESSAGES_BYTES + 1))
})
