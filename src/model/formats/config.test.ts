// config.json of the architectures that are known, rotary parameters in both spellings, and what is refused by name.
import { describe, expect, test } from 'vitest'
import { parseLlamaConfig } from './config.ts'

const JSON_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 32_000,
  hidden_size: 512,
  intermediate_size: 1376,
  num_hidden_layers: 8,
  num_attention_heads: 8,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 2048,
}
const LLAMA3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
}

describe('config.json', () => {
  test('default', () => {
    const config = parseLlamaConfig(JSON_CONFIG)
    expect(config).toMatchObject({ architecture: 'llama', kvHeads: 8, headDim: 64, theta: 10_000, isTied: false })
    expect(config).not.toHaveProperty('ropeScaling')
  })

  test.each([
    ['LlamaForCausalLM', 'llama'],
    ['MistralForCausalLM', 'mistral'],
    ['Qwen2ForCausalLM', 'qwen2'],
    ['Qwen3ForCausalLM', 'qwen3'],
  ])('option: %s', (name, architecture) => {
    expect(parseLlamaConfig({ ...JSON_CONFIG, architectures: [name], head_dim: 128 })).toMatchObject({
      architecture,
      headDim: 128,
    })
  })

  test('option: a sliding window bounds the context', () => {
    const windowed = { ...JSON_CONFIG, sliding_window: 1024 }
    expect(parseLlamaConfig(windowed).maxPositions).toBe(1024)
    expect(parseLlamaConfig({ ...windowed, use_sliding_window: false }).maxPositions).toBe(2048)
  })

  test('behaviour: rope_scaling and rope_parameters say the same', () => {
    const older = { rope_theta: 500_000, rope_scaling: LLAMA3 }
    const newer = { rope_parameters: { rope_theta: 500_000, ...LLAMA3 } }
    const config = parseLlamaConfig({ ...JSON_CONFIG, ...older })
    expect(config).toMatchObject({
      theta: 500_000,
      ropeScaling: {
        type: 'llama3',
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalPositions: 8192,
      },
    })
    expect(parseLlamaConfig({ ...JSON_CONFIG, ...newer })).toEqual(config)
  })

  test('option: linear and yarn, by either name of the type', () => {
    const scaling = (rope_scaling: object) => parseLlamaConfig({ ...JSON_CONFIG, rope_scaling }).ropeScaling
    expect(scaling({ type: 'linear', factor: 2 })).toEqual({ type: 'linear', factor: 2 })
    expect(scaling({ rope_type: 'default' })).toBeUndefined()
    expect(scaling({ rope_type: 'yarn', factor: 4 })).toEqual({
      type: 'yarn',
      factor: 4,
      originalPositions: 2048,
      betaFast: 32,
      betaSlow: 1,
      truncate: true,
      attentionFactor: null,
    })
  })

  test.each([
    [{ architectures: ['GPT2LMHeadModel'] }, 'GPT2LMHeadModel'],
    [{ rope_scaling: { type: 'dynamic', factor: 2 } }, '"dynamic"'],
    [{ rope_scaling: { rope_type: 'longrope', short_factor: [1] } }, '"longrope"'],
    [{ rope_scaling: { rope_type: 'linear' } }, 'lacks factor'],
    [{ rope_scaling: { ...LLAMA3, low_freq_factor: 4 } }, 'low_freq_factor'],
    [{ rope_scaling: { type: 'yarn', factor: 4, mscale: 1 } }, 'mscale'],
    [{ rope_scaling: { type: 'linear', factor: 2 ** -30 } }, 'factor'],
    [{ rope_theta: 1 }, 'rope_theta'],
    [{ partial_rotary_factor: 0.5 }, 'part of each head'],
    [{ num_key_value_heads: 3 }, '3 groups'],
    [{ hidden_act: 'gelu' }, 'gelu'],
    [{ hidden_size: 2 ** 40 }, 'hidden_size'],
    [{ rms_norm_eps: 0 }, 'rms_norm_eps'],
    [{ rms_norm_eps: 1.5 }, 'rms_norm_eps'],
    [{ architectures: ['MixtralForCausalLM'], num_local_experts: 8 }, 'mixture of experts (num_local_experts)'],
    [{ architectures: ['Gemma2ForCausalLM'], attn_logit_softcapping: 50 }, 'soft cap on attention'],
    [{ mlp_bias: true }, 'biases in the feed-forward layers'],
    [{ attention_bias: true }, 'attention_bias of LlamaForCausalLM'],
    [{ quantization_config: { quant_method: 'gptq' } }, 'quantised already'],
  ])('error: %o', (change, part) => {
    expect(() => parseLlamaConfig({ ...JSON_CONFIG, ...change })).toThrow(part)
  })

  test('behaviour: what a config says is off is not refused', () => {
    const off = { attention_bias: false, mlp_bias: false, quantization_config: null, num_experts: 0 }
    expect(parseLlamaConfig({ ...JSON_CONFIG, ...off }).architecture).toBe('llama')
  })
})
