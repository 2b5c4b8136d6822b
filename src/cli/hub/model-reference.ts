// Models of the Hugging Face Hub as people write them: hf:ORG/NAME, with a file of it and a revision if they are wanted.
import { UsageError } from '#cli/failure.ts'

/** Where a model is on the Hub. */
export type HubReference = {
  /** ORG/NAME. */
  readonly repository: string
  /** Branch, tag or commit. */
  readonly revision: string
  /** A GGUF file in the repository; its safetensors, or its only GGUF file, when null. */
  readonly file: string | null
}

const PREFIX = 'hf:'
const WORD = '[A-Za-z0-9_][A-Za-z0-9._-]{0,95}'
const REFERENCE = new RegExp(`^(${WORD}/${WORD})((?:/${WORD})*)(?:@(${WORD}(?:/${WORD})*))?$`)

/** Whether `text` names a model of the Hub. */
export function isHubReference(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** Reads `hf:ORG/NAME[/FILE.gguf][@REVISION]`. Throws {@link UsageError}. */
export function parseHubReference(text: string): HubReference {
  const [, repository, path = '', revision = 'main'] = REFERENCE.exec(text.slice(PREFIX.length)) ?? []
  const file = path === '' ? null : path.slice(1)
  if (repository === undefined || (file !== null && !/\.gguf$/i.test(file)))
    throw new UsageError(
      `"${text}" is no model of the Hub: write hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME/FILE.gguf.`,
    )
  return { repository, revision, file }
}
