// The part of `commonwatt verify` for fault proofs: whether a node really revealed a wrong part, computed again here.
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
  const { verdict, proof }: FaultVerification =
    client === undefined ? await verifyFault(bytes, options) : await client.verifyFault(bytes, options)
  const about = proof === undefined ? {} : { node: proof.lease.body.node, network: proof.lease.network }
  output.json({
    ok: verdict.ok,
    ...(verdict.ok ? {} : { check: verdict.check, reason: verdict.reason }),
    checks: verdict.checks,
    ...about,
  })
  if (!verdict.ok || proof === undefined) {
    output.line(`${path} proves NO fault.`)
    if (!verdict.ok) output.line(describeFailedCheck(verdict.check, verdict.reason))
    return EXIT_FAILED
  }
  for (const passed of verdict.checks) output.line(describeCheck(passed))
  output.line(
    `${path} proves that node ${proof.lease.body.node} revealed a wrong part ${proof.part.index} of a "${proof.unit.kind}" unit.`,
  )
  if (client === undefined)
    output.line(
      `It is of network ${proof.lease.network}, whose coordinator is taken to be ${proof.lease.signer} (--coordinator URL names yours).`,
    )
  return EXIT_DONE
}
