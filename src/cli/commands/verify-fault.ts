// The part of `commonwatt verify` for evidence: whether somebody really did wrong, checked and where need be computed again here.
import type { Digest } from '#core/digest.ts'
import { openModels } from '#coordinator/open-models.ts'
import { type Client, type FaultVerification, blobSource, verifyFault } from '#sdk/index.ts'
import type { CommandContext } from '#cli/command.ts'
import { EXIT_DONE, EXIT_FAILED } from '#cli/failure.ts'
import type { OpenModel } from '#cli/model-files.ts'
import { describeCheck, describeFailedCheck } from '#cli/words.ts'

/** What a fault proof is checked with besides its own bytes. */
export type FaultCheck = {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly models: readonly OpenModel[]
  readonly network: Digest | undefined
  readonly client: Client | undefined
}

/** Checks a fault proof and says what came of it; the exit code. */
export async function checkFault({ output, signal }: CommandContext, check: FaultCheck): Promise<number> {
  const { bytes, client, network, path } = check
  const contents = check.models.map(({ source }) => blobSource(source))
  const options = { contents, models: openModels(), signal, ...(network === undefined ? {} : { network }) }
  const { verdict, named, accused }: FaultVerification =
    client === undefined ? await verifyFault(bytes, options) : await client.verifyFault(bytes, options)
  const about = { node: accused?.against, network: named?.network, says: accused?.says }
  output.json({
    ok: verdict.ok,
    ...(verdict.ok ? {} : { check: verdict.check, reason: verdict.reason }),
    checks: verdict.checks,
    ...about,
  })
  if (!verdict.ok || accused === undefined || named === undefined) {
    output.line(`${path} proves NO fault.`)
    if (!verdict.ok) output.line(describeFailedCheck(verdict.check, verdict.reason))
    return EXIT_FAILED
  }
  for (const passed of verdict.checks) output.line(describeCheck(passed))
  output.line(`${path} proves that ${accused.says}.`)
  if (client === undefined)
    output.line(
      `It is of network ${named.network}, whose coordinator is taken to be ${named.coordinator} (--coordinator URL names yours).`,
    )
  return EXIT_DONE
}
