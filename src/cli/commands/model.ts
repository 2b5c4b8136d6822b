// `commonwatt model add|list|show|remove`: language models that jobs can name.
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { Command, Option } from 'commander'
import { type CommandContext, coordinatorOption, withAction } from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'
import { findModel } from '#cli/find-model.ts'
import { registerModel } from '#cli/generation.ts'
import { isHubReference, parseHubReference } from '#cli/hub/model-reference.ts'
import { openModelFile } from '#cli/model-files.ts'
import { calibrationLines, comparisonLine, describeModel, modelPage } from '#cli/model-words.ts'
import type { Progress } from '#cli/output.ts'
import type { FloatComparison } from '#model/convert/compare-floats.ts'
import { readModelHeader } from '#model/exact-file.ts'

type ModelOptions = { readonly coordinator: string }
type AddOptions = ModelOptions & { readonly name?: string; readonly token?: string }

/** The command. */
export function modelCommand(): Command {
  const add = new Command('add')
    .description('convert a Hugging Face folder or a GGUF file, or take an exact model file, and register it')
    .argument(
      '<model>',
      'the folder or file, or hf:ORG/NAME[/FILE.gguf][@REVISION] to download it from the Hugging Face Hub',
    )
    .option('--name <name>', "the name of a converted model (default: the folder's, the file's or the Hub's)")
    .addOption(
      new Option('--token <token>', 'for models of the Hub that need one; better in the environment').env('HF_TOKEN'),
    )
    .addOption(coordinatorOption())
    .addHelpText('after', '\nHF_ENDPOINT names another Hub. Downloads are kept in $XDG_CACHE_HOME/commonwatt/hub.')
  const list = new Command('list').description('the models that are registered').addOption(coordinatorOption())
  const show = new Command('show')
    .description('what a model is')
    .argument('<id>', 'its id, the beginning of its id, or its name')
    .addOption(coordinatorOption())
  const remove = new Command('remove')
    .description('take a model that this account registered off the list')
    .argument('<id>', 'its id, the beginning of its id, or its name')
    .addOption(coordinatorOption())
  return new Command('model')
    .description('language models')
    .addCommand(withAction<AddOptions, [string]>(add, addModel))
    .addCommand(withAction<ModelOptions, []>(list, listModels))
    .addCommand(withAction<ModelOptions, [string]>(show, showModel))
    .addCommand(withAction<ModelOptions, [string]>(remove, removeModel))
}

async function addModel(context: CommandContext, options: AddOptions, model: string): Promise<void> {
  const { output, signal } = context
  const progress = output.progress()
  try {
    const { path, name } = await found(context, options, model, progress)
    const onConverted = (done: number, total: number) => progress.show('Converting', done, total)
    const costs: string[] = []
    const onCompared = (comparison: FloatComparison) => costs.push(comparisonLine(comparison))
    const opened = await openModelFile(path, name, { signal, onProgress: onConverted, onCompared })
    try {
      const client = await connectAccount(context, options.coordinator)
      const onProgress = (done: number, total: number) => progress.show('Uploading', done, total)
      const added = await registerModel(client, opened.source, { signal, onProgress })
      progress.stop()
      const lines = [describeModel(added), ...calibrationLines(await readModelHeader(opened.source)), ...costs]
      for (const line of lines) output.line(line)
      output.json(added)
    } finally {
      await opened.close()
    }
  } finally {
    progress.stop()
  }
}

/** Where the model is on this machine, after a download if it has to be one, and what it shall be called if that is known. */
async function found(
  { output, signal }: CommandContext,
  { name, token }: AddOptions,
  model: string,
  progress: Progress,
): Promise<{ path: string; name: string | undefined }> {
  if (!isHubReference(model)) return { path: model, name }
  const reference = parseHubReference(model)
  // Loaded on demand, as all that only one command needs: the others answer at once.
  const { downloadModel } = await import('#cli/hub/download.ts')
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'commonwatt', 'hub')
  const endpoint = (process.env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '')
  const onProgress = (done: number, total: number) => progress.show('Downloading', done, total)
  const path = await downloadModel(reference, { endpoint, token: token || undefined, signal, folder, onProgress })
  progress.stop()
  output.note(`Downloaded to ${path}`)
  return { path, name: name ?? (reference.file === null ? basename(reference.repository) : undefined) }
}

async function listModels(context: CommandContext, { coordinator }: ModelOptions): Promise<void> {
  const client = await connectAccount(context, coordinator)
  const models = await client.models(context.signal)
  for (const model of models) context.output.line(describeModel(model))
  if (models.length === 0) context.output.line('No model is registered (commonwatt model add MODEL).')
  context.output.json(models)
}

async function showModel(context: CommandContext, { coordinator }: ModelOptions, text: string): Promise<void> {
  const { output, signal } = context
  const client = await connectAccount(context, coordinator)
  const model = await findModel(client, text, signal)
  const { id, sizeBytes } = model
  // Only the parts of the file that its header is in are fetched.
  const header = await readModelHeader(await client.open({ id, layout: { form: 'blob', sizeBytes } }, signal))
  for (const line of modelPage(model, header)) output.line(line)
  output.json({ ...model, ...header })
}

async function removeModel(context: CommandContext, { coordinator }: ModelOptions, text: string): Promise<void> {
  const { output, signal } = context
  const client = await connectAccount(context, coordinator)
  const model = await findModel(client, text, signal)
  await client.removeModel(model.id, signal)
  output.line(`Removed ${model.name} (${model.id}).`)
  output.json({ removed: model.id })
}
