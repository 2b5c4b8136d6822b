// Rotary parameters of a config.json in both spellings: rope_theta with rope_scaling, or rope_parameters. What cannot be computed from
// rational numbers alone, or changes with the length of the text, is named and refused.
import * as v from 'valibot'
import { UnsupportedModelError } from './unsupported.ts'

/** How the frequencies of a model differ from theta^(-2j/d). Numbers are the doubles of the source. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalPositions: number
    }
  | {
      readonly type: 'yarn'
      readonly factor: number
      readonly originalPositions: number
      readonly betaFast: number
      readonly betaSlow: number
      /** Whether the ends of the ramp are whole pairs. */
      readonly truncate: boolean
      /** Scores are multiplied by its square; null: 0.1·ln(factor) + 1. */
      readonly attentionFactor: number | null
    }

/** theta, and how the frequencies are scaled, if they are. */
export type RopeConfig = { readonly theta: number; readonly scaling: RopeScaling | null }

/** theta where a config does not say. */
const DEFAULT_THETA = 10_000

/** Smallest and largest number of a config: beyond any published model, and within what 128 fraction bits hold. */
const MIN_NUMBER = 2 ** -20
const MAX_NUMBER = 2 ** 40

const positive = v.pipe(v.number(), v.minValue(MIN_NUMBER), v.maxValue(MAX_NUMBER))
const optional = v.nullish(positive)
const scalingSchema = v.object({
  type: v.nullish(v.string()),
  rope_type: v.nullish(v.string()),
  rope_theta: optional,
  factor: optional,
  low_freq_factor: optional,
  high_freq_factor: optional,
  original_max_position_embeddings: optional,
  beta_fast: optional,
  beta_slow: optional,
  truncate: v.nullish(v.boolean()),
  attention_factor: optional,
  mscale: optional,
  mscale_all_dim: optional,
  partial_rotary_factor: optional,
})
const ropeSchema = v.object({
  rope_theta: optional,
  rope_scaling: v.nullish(scalingSchema),
  rope_parameters: v.nullish(scalingSchema),
  max_position_embeddings: optional,
  partial_rotary_factor: optional,
})
type Scaling = v.InferOutput<typeof scalingSchema>

/** Reads the rotary parameters of a parsed config.json. Throws {@link UnsupportedModelError} naming what does not fit. */
export function parseRopeConfig(json: unknown): RopeConfig {
  const parsed = v.safeParse(ropeSchema, json)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new UnsupportedModelError(`config.json is wrong at ${v.getDotPath(issue) ?? 'its root'}: ${issue.message}`)
  }
  const config = parsed.output
  // Where both are given, the newer spelling holds what the older one says and more.
  const scaling: Partial<Scaling> = config.rope_parameters ?? config.rope_scaling ?? {}
  const partial = scaling.partial_rotary_factor ?? config.partial_rotary_factor ?? 1
  if (partial !== 1) throw new UnsupportedModelError(`rotating a part of each head (${partial}) is not supported`)
  const theta = scaling.rope_theta ?? config.rope_theta ?? DEFAULT_THETA
  if (theta <= 1) throw new UnsupportedModelError(`a rope_theta of ${theta} is not above 1`)
  return { theta, scaling: scalingOf(scaling, config.max_position_embeddings ?? 1) }
}

function scalingOf(scaling: Partial<Scaling>, positions: number): RopeScaling | null {
  const type = scaling.rope_type ?? scaling.type ?? 'default'
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = scaling[name]
    if (value == null) throw new UnsupportedModelError(`rope scaling "${type}" lacks ${name}`)
    return value
  }
  switch (type) {
    case 'default':
      return null
    case 'linear':
      return { type, factor: need('factor') }
    case 'llama3':
      return llama3({
        type,
        factor: need('factor'),
        lowFrequencyFactor: need('low_freq_factor'),
        highFrequencyFactor: need('high_freq_factor'),
        originalPositions: need('original_max_position_embeddings'),
      })
    case 'yarn':
      if (scaling.mscale != null || scaling.mscale_all_dim != null)
        throw new UnsupportedModelError('rope scaling "yarn" with mscale is not supported')
      return {
        type,
        factor: need('factor'),
        originalPositions: scaling.original_max_position_embeddings ?? positions,
        betaFast: scaling.beta_fast ?? 32,
        betaSlow: scaling.beta_slow ?? 1,
        truncate: scaling.truncate ?? true,
        attentionFactor: scaling.attention_factor ?? null,
      }
    default:
      throw new UnsupportedModelError(
        `rope scaling "${type.slice(0, 64)}" is not supported (default, linear, llama3 and yarn are)`,
      )
  }
}

function llama3(scaling: Extract<RopeScaling, { type: 'llama3' }>): RopeScaling {
  if (scaling.lowFrequencyFactor >= scaling.highFrequencyFactor)
    throw new UnsupportedModelError(
      'rope scaling "llama3" has a low_freq_factor that is not below its high_freq_factor',
    )
  return scaling
}
