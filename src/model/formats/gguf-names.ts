// Names and orders in which llama.cpp keeps a Llama-family model, against Hugging Face's.

const LAYER_NAMES: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}
const MODEL_NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
}

/** Factors of rotary frequencies, which Hugging Face has as numbers in config.json. */
export const ROPE_FACTORS = 'rope_freqs.weight'

/** llama.cpp's name of the tensor that Hugging Face calls `name`; a name that is no Llama's stays as it is. */
export function ggufName(name: string): string {
  const [, stem = '', ending = ''] = /^(.+)\.(weight|bias)$/.exec(name) ?? []
  const [, layer = '', part = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(stem) ?? []
  const known = LAYER_NAMES[part]
  if (known !== undefined) return `blk.${layer}.${known}.${ending}`
  const outer = MODEL_NAMES[stem]
  return outer === undefined ? name : `${outer}.${ending}`
}

/** Whether llama.cpp keeps the rows of this tensor (by its Hugging Face name) in pairs: queries and keys of its architecture "llama". */
export function hasPairedRows(architecture: string, name: string): boolean {
  return architecture === 'llama' && /\.self_attn\.[qk]_proj\.(?:weight|bias)$/.test(name)
}

/**
 * Rows of each head as Hugging Face has them (a rotation turns row i with row i + headDim/2) -> as llama.cpp's "llama" has them (row 2i with
 * row 2i + 1), or back.
 */
export function permuteRows(
  values: Float32Array,
  rows: number,
  headDim: number,
  direction: 'pair' | 'split',
): Float32Array<ArrayBuffer> {
  const cols = values.length / rows
  const half = headDim / 2
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const inHead = row % headDim
    const paired = row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1)
    const [from, to] = direction === 'pair' ? [row, paired] : [paired, row]
    out.set(values.subarray(from * cols, (from + 1) * cols), to * cols)
  }
  return out
}
