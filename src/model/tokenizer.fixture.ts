// A small tokenizer in the form of Hugging Face's files, for tests.

/** A byte-level tokenizer of 256 symbols and two merges, as tokenizer.json says it. */
export function byteLevelTokenizer(): { tokenizer: string; config: string } {
  const symbols = byteSymbols()
  const vocab = Object.fromEntries(symbols.map((symbol, i) => [symbol, i]))
  vocab['th'] = 256
  vocab['the'] = 257
  const special = { id: 258, content: '<end>', single_word: false, lstrip: false, rstrip: false, normalized: false }
  return {
    tokenizer: JSON.stringify({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [{ ...special, special: true }],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: 'BPE', vocab, merges: ['t h', 'th e'], dropout: null, unk_token: null },
    }),
    config: JSON.stringify({ eos_token: '<end>', bos_token: { content: '<begin>' } }),
  }
}

/** GPT-2's printable stand-ins for bytes, by byte. */
export function byteSymbols(): string[] {
  const isPlain = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
  let next = 256
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(isPlain(b) ? b : next++))
}
