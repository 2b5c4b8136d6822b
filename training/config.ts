// The one recipe: the model's sizes as its config.json would say them, and how it is trained.
import { parseLlamaConfig } from '#model/formats/config.ts'

/** config.json of the float model, as Hugging Face writes it. */
export const CONFIG_JSON = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 256,
  hidden_size: 96,
  intermediate_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 24,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  hidden_act: 'silu',
}

/** The same, parsed. */
export const CONFIG = parseLlamaConfig(CONFIG_JSON)

/** How the model is trained. Weights of the loss: answers count fully, the questions a little, so that text around answers is natural too. */
export const RECIPE = {
  seed: 'commonwatt-tiny/v1',
  steps: 10_500,
  windowTokens: 96,
  windows: 4,
  peakRate: 3e-3,
  finalRate: 3e-5,
  warmupSteps: 100,
  decaySteps: 3000,
  beta1: 0.9,
  beta2: 0.99,
  weightDecay: 0.05,
  clipNorm: 1,
  questionWeight: 0.15,
} as const
