// `commonwatt verify FILE`: checks a certificate or a fault proof, and what is given besides it. Exit code 1 names the check that failed.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { isHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { openModels } from '#coordinator/open-models.ts'
import {
  type Client,
  MAX_JOB_CERTIFICATE_BYTES,
  type Verification,
  blobSource,
  connect,
  isEvidence,
  isCoordinatorLie,
  isFork,
  verifyCertificate,
} from '#sdk/index.ts'
import { DRAW_EPOCH_MS } from '#verify/epoch-secret.ts'
import { MAX_FAULT_PROOF_BYTES } from '#verify/fault-proof.ts'
import { unitId } from '#work/unit.ts'
import { type CommandContext, DEFAULT_COORDINATOR, defaultCoordinator, withAction } from '#cli/command.ts'
import { EXIT_DONE, EXIT_FAILED } from '#cli/failure.ts'
import { type MatrixFiles, ResultFormError, openMatrixFiles, openResultFile } from '#cli/matrix-files.ts'
import { type OpenModel, openModelFile } from '#cli/model-files.ts'
import { knownNetwork } from '#cli/settings-folder.ts'
import { describeCheck, describeCount, describeFailedCheck, describeMatrix } from '#cli/words.ts'
import { checkFault } from './verify-fault.ts'
import { checkFork } from './verify-fork.ts'

type Options = {
  readonly result?: string
  readonly recompute?: boolean
  readonly inputs?: readonly string[]
  readonly model?: readonly string[]
  readonly network?: Digest
  readonly coordinator?: string
  readonly wait?: boolean
  readonly evidence?: string
}

/** Files that are closed in the end. */
type Opened = { readonly matrices: MatrixFiles[]; readonly models: OpenModel[] }

/** Longest text that is read: a fault proof's. */
const MAX_EVIDENCE_BYTES = Math.max(MAX_JOB_CERTIFICATE_BYTES, MAX_FAULT_PROOF_BYTES)

/** A secret is revealed when its epoch is over: two of them, so that a busy coordinator has time. */
const DRAW_WAIT_MS = 2 * DRAW_EPOCH_MS

/** The command. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description(
      "check a job's certificate, a fault proof or other evidence against a node or a coordinator; offline, unless something is needed that is not given",
    )
    .argument('<file.json>', 'the certificate, fault proof, equivocation, broken claim or log fork')
    .option('--result <C.npy>', 'check that this is the certified result')
    .option('--recompute', 'compute everything again with the portable reference')
    .option('--inputs <files...>', "the job's inputs, in order; without them --recompute asks the coordinator")
    .option('--model <files...>', 'models that the job or proof names; without them the coordinator is asked')
    .option('--network <id>', 'the network it must be of', parseNetwork)
    .option(
      '--coordinator <url>',
      `where inputs come from, and whose network it must be (default: ${DEFAULT_COORDINATOR})`,
    )
    .option('--wait', 'wait for the secrets of draw epochs that are not over yet')
    .option('--evidence <file>', 'keep the proof here when the coordinator certified a draw that is not by the rules')
  return withAction<Options, [string]>(command, verify)
}

async function verify(context: CommandContext, options: Options, path: string): Promise<number> {
  const { output } = context
  const bytes = await readEvidence(path)
  const opened: Opened = { matrices: [], models: [] }
  const progress = output.progress()
  try {
    for (const model of options.model ?? []) opened.models.push(await openModelFile(model))
    if (isFork(bytes)) {
      const expected = options.coordinator === undefined ? undefined : await knownNetwork(options.coordinator)
      return checkFork(context, path, bytes, options.network ?? expected)
    }
    if (isEvidence(bytes)) {
      const { models } = opened
      const needsFiles = models.length === 0 && !isCoordinatorLie(bytes)
      const url = options.coordinator ?? (needsFiles ? defaultCoordinator() : undefined)
      const client = url === undefined ? undefined : await connectWithoutAccount(url, context.signal)
      return await checkFault(context, { path, bytes, models, network: options.network, client })
    }
    const verification = await check(context, options, bytes, opened, (done, total) =>
      progress.show('Computing', done, total),
    )
    progress.stop()
    const { evidence } = verification
    if (evidence !== undefined && options.evidence !== undefined) await writeFile(options.evidence, evidence)
    return report(context, options, path, verification)
  } catch (error) {
    progress.stop()
    // A result that cannot be read as one fails its check: it is not a mistake in calling this command.
    if (!(error instanceof ResultFormError)) throw error
    const verdict = { ok: false, check: 'bytes', reason: error.message, checks: [] } as const
    return report(context, options, path, { verdict, certificate: undefined, pendingDraws: [], evidence: undefined })
  } finally {
    await Promise.all([...opened.matrices, ...opened.models].map((files) => files.close()))
  }
}

async function check(
  { signal }: CommandContext,
  options: Options,
  bytes: Uint8Array<ArrayBuffer>,
  opened: Opened,
  onProgress: (done: number, total: number) => void,
): Promise<Verification> {
  const { recompute, result } = options
  const inputs = options.inputs === undefined ? undefined : await openMatrixFiles(options.inputs)
  if (inputs !== undefined) opened.matrices.push(inputs)
  const results = result === undefined ? undefined : await openResultFile(result)
  if (results !== undefined) opened.matrices.push(results)
  const needsCoordinator = (recompute === true && inputs === undefined) || options.wait === true
  const url = options.coordinator ?? (needsCoordinator ? defaultCoordinator() : undefined)
  const client = url === undefined ? undefined : await connectWithoutAccount(url, signal)
  const network = options.network ?? client?.network.network
  const models = recompute === true ? openModels() : undefined
  const contents = opened.models.map(({ source }) => blobSource(source))
  const given = { result: results?.sources[0], inputs: inputs?.sources, contents }
  const drawWaitMs = options.wait === true ? DRAW_WAIT_MS : undefined
  const all = { network, models, ...given, recompute, drawWaitMs, signal, onProgress }
  return client === undefined ? verifyCertificate(bytes, all) : client.verify(bytes, all)
}

/** The verdict in words; says what was checked and, just as much, what was not. */
function report({ output }: CommandContext, options: Options, path: string, verification: Verification): number {
  const { verdict, certificate, pendingDraws, evidence } = verification
  output.json({
    ok: verdict.ok,
    ...(verdict.ok ? {} : { check: verdict.check, reason: verdict.reason }),
    checks: verdict.checks,
    pendingDraws,
  })
  if (!verdict.ok) {
    output.line(`${path} is NOT valid.`)
    output.line(describeFailedCheck(verdict.check, verdict.reason))
    if (evidence !== undefined)
      output.line(
        options.evidence === undefined
          ? 'There is proof against the coordinator that others can check (--evidence FILE keeps it).'
          : `${options.evidence} holds proof against the coordinator that others can check.`,
      )
    return EXIT_FAILED
  }
  for (const passed of verdict.checks) output.line(describeCheck(passed))
  if (certificate === undefined) return EXIT_FAILED
  const { result, job, units } = certificate
  output.line(
    `${path} is valid: ${describeMatrix(result.layout)}, content ${result.id}, ` +
      `${describeCount(units.length, 'unit')} of a "${job.body.kind}" job, ${describeCount(job.body.replication, 'replica')} each.`,
  )
  if (pendingDraws.length > 0)
    output.line(
      `${describeCount(pendingDraws.length, 'draw epoch')} could not be checked: the secret is revealed when its epoch is over ` +
        '(--coordinator URL asks for it, --wait waits for it; or try again in a minute).',
    )
  if (options.result === undefined) output.line('No result was given to check (--result C.npy).')
  if (options.recompute !== true) output.line('Nothing was computed again (--recompute).')
  const isAnyNetwork = options.network === undefined && options.coordinator === undefined
  if (isAnyNetwork && options.recompute !== true && options.wait !== true)
    output.line('Any network would have done (--network ID or --coordinator URL names yours).')
  const [first] = units
  if (options.coordinator !== undefined && first !== undefined) {
    const page = new URL(`/explorer/unit/${unitId(first.body.unit)}`, options.coordinator)
    output.line(
      `To look at ${units.length === 1 ? 'the unit' : 'its first unit'} and compute it again in a browser: ${page}`,
    )
  }
  return EXIT_DONE
}

async function connectWithoutAccount(url: string, signal: AbortSignal): Promise<Client> {
  const network = URL.canParse(url) ? await knownNetwork(url) : undefined
  return connect(url, { network, signal })
}

async function readEvidence(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await stat(path)
  if (size > MAX_EVIDENCE_BYTES) throw new CertificateFileError(path, size)
  return new Uint8Array(await readFile(path))
}

function parseNetwork(text: string): Digest {
  if (!isHex(text, DIGEST_BYTES)) throw new InvalidArgumentError('It must be a network id: 64 hex digits.')
  return text as Digest
}

/** A file is too large to be a certificate or a fault proof. */
export class CertificateFileError extends AppError {
  override readonly name = 'cli.CertificateFile'
  constructor(path: string, size: number) {
    super(
      'input',
      `${path} has ${size} bytes, more than the ${MAX_EVIDENCE_BYTES} that a certificate or fault proof can have.`,
    )
  }
}
