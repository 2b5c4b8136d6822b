// The registry of kinds: the only file besides a kind's own that knows its name. Adding a kind is one file and one line here.
import { AppError } from '#core/errors.ts'
import type { Kind } from './kind.ts'
import { embed } from './kinds/embed.ts'
import { generate } from './kinds/generate.ts'
import { matmul } from './kinds/matmul.ts'

/** Every kind of work that this build knows, by name and version. */
export const KINDS: readonly Kind[] = [matmul, generate, embed]

/** The kind of that name and version. Throws {@link UnknownKindError} listing what there is. */
export function kindOf(name: string, version: number): Kind {
  const kind = KINDS.find((candidate) => candidate.name === name && candidate.version === version)
  if (kind === undefined) throw new UnknownKindError(name, version)
  return kind
}

/** A job or unit names a kind that does not exist here. */
export class UnknownKindError extends AppError {
  override readonly name = 'work.UnknownKind'
  constructor(name: string, version: number) {
    const known = KINDS.map((kind) => `${kind.name} version ${kind.version}`).join(', ')
    super('input', `There is no kind of work "${name}" in version ${version}; there is ${known}.`)
  }
}
