// The part of `commonwatt verify` for the proof that a coordinator forked its log.
import type { Digest } from '#core/digest.ts'
import type { CommandContext } from '#cli/command.ts'
import { EXIT_DONE, EXIT_FAILED } from '#cli/failure.ts'
import { describeCheck, describeFailedCheck } from '#cli/words.ts'
import { verifyLogFork } from '#sdk/index.ts'

/** Checks the proof and says what came of it; the exit code. */
export function checkFork(
  { output }: CommandContext,
  path: string,
  bytes: Uint8Array,
  network: Digest | undefined,
): number {
  const { verdict, fork } = verifyLogFork(bytes, network)
  const coordinator = fork?.genesis.coordinator
  output.json({
    ok: verdict.ok,
    ...(verdict.ok ? {} : { check: verdict.check, reason: verdict.reason }),
    checks: verdict.checks,
    coordinator,
  })
  if (!verdict.ok) {
    output.line(`${path} proves NO fork.`)
    output.line(describeFailedCheck(verdict.check, verdict.reason))
    return EXIT_FAILED
  }
  for (const passed of verdict.checks) output.line(describeCheck(passed))
  output.line(
    `${path} proves that the coordinator ${coordinator} signed two logs of which neither continues the other.`,
  )
  return EXIT_DONE
}
