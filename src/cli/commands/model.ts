// `commonwatt model add|list|show|remove`: language models that jobs can name.
import { Command } from 'commander'
import { type CommandContext, coordinatorOption, withAction } from '#cli/command.ts'
import { connectAccount } from '#cli/connect.ts'
import { findModel } from '#cli/find-model.ts'
import { registerModel } from '#cli/generation.ts'
import { openModelFile } from '#cli/model-files.ts'
import type { RegisteredModel } from '#sdk/index.ts'

type ModelOptions = { readonly coordinator: string; readonly name?: string }

/** The command. */
export function modelCommand(): Command {
  const add = new Command('add')
    .description('convert a Hugging Face folder or a GGUF file, or take an exact model file, and register it')
    .argument('<path>', 'the folder or file')
    .option('--name <name>', "the name of a converted model (default: the folder's or the file's)")
    .addOption(coordinatorOption())
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
    .addCommand(withAction<ModelOptions, [string]>(add, addModel))
    .addCommand(withAction<ModelOptions, []>(list, listModels))
    .addCommand(withAction<ModelOptions, [string]>(show, showModel))
    .addCommand(withAction<ModelOptions, [string]>(remove, removeModel))
}

async function addModel(context: CommandContext, { coordinator, name }: ModelOptions, path: string): Promise<void> {
  const { output, signal } = context
  const progress = output.progress()
  try {
    const model = await openModelFile(path, name, {
      signal,
      onProgress: (done, total) => progress.show('Converting', done, total),
    })
    try {
      const client = await connectAccount(context, coordinator)
      const onProgress = (done: number, total: number) => progress.show('Uploading', done, total)
      const added = await registerModel(client, model.source, { signal, onProgress })
      progress.stop()
      output.line(describeModel(added))
      output.json(added)
    } finally {
      await model.close()
    }
  } finally {
    progress.stop()
  }
}

async function listModels(context: CommandContext, { coordinator }: ModelOptions): Promise<void> {
  const client = await connectAccount(context, coordinator)
  const models = await client.models(context.signal)
  for (const model of models) context.output.line(describeModel(model))
  if (models.length === 0) context.output.line('No model is registered (commonwatt model add PATH).')
  context.output.json(models)
}

async function showModel(context: CommandContext, { coordinator }: ModelOptions, text: string): Promise<void> {
  const { output, signal } = context
  const client = await connectAccount(context, coordinator)
  const model = await findModel(client, text, signal)
  const { vocabulary, layers, width, maxPositions } = model.shape
  output.line(`Model      ${model.name}`)
  output.line(`Id         ${model.id}`)
  output.line(`Size       ${model.sizeBytes} bytes`)
  output.line(`Shape      ${model.architecture}, ${layers} layers, width ${width}, context ${maxPositions}`)
  output.line(`Tokenizer  ${model.tokenizer}, ${vocabulary} tokens${model.hasChatTemplate ? ', chats' : ''}`)
  output.line(`Operations ${model.tokenOps} a token, and ${model.pairOps} for each position it sees`)
  output.json(model)
}

async function removeModel(context: CommandContext, { coordinator }: ModelOptions, text: string): Promise<void> {
  const { output, signal } = context
  const client = await connectAccount(context, coordinator)
  const model = await findModel(client, text, signal)
  await client.removeModel(model.id, signal)
  output.line(`Removed ${model.name} (${model.id}).`)
  output.json({ removed: model.id })
}

function describeModel({ id, name, sizeBytes, shape }: RegisteredModel): string {
  return `${id}  ${name}, ${shape.layers} layers, context ${shape.maxPositions}, ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`
}
