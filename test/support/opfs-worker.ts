// A worker that keeps model files in the browser's private file system, as the page's worker does.
import { expose } from 'comlink'
import type { ContentRef } from '#core/content.ts'
import { ModelFiles } from '#node/model-files.ts'
import { opfsFolder } from '#node/opfs-folder.ts'

const opening = opfsFolder().then((folder) => {
  if (folder === null) throw new Error('This browser has no private file system.')
  return { folder, files: new ModelFiles(folder) }
})

/** What a test asks of it. */
const keeper = {
  missingParts: async (file: ContentRef) => (await opening).files.missingParts(file),
  beginFile: async (...call: Parameters<ModelFiles['beginFile']>) => (await opening).files.beginFile(...call),
  keepPart: async (...call: Parameters<ModelFiles['keepPart']>) => (await opening).files.keepPart(...call),
  closeFile: async (...call: Parameters<ModelFiles['closeFile']>) => (await opening).files.closeFile(...call),
  read: async (file: ContentRef, offset: number, length: number) =>
    (await opening).files.source(file).read(offset, length),
  list: async () => (await opening).folder.list(),
  remove: async (name: string) => (await opening).folder.remove(name),
  maxBytes: async () => (await opening).folder.maxBytes,
}
export type OpfsKeeper = typeof keeper
expose(keeper)
