// What a model file says of its model besides the weights.

/** How text becomes tokens: byte values as they are, or a Hugging Face tokenizer kept in the file. */
export type TokenizerKind = 'bytes' | 'huggingface'

/** What running the integers over the calibration text showed (convert/calibrate.ts). Integers alone: the same on every machine. */
export type Calibration = {
  /** Which text; see convert/calibration-text.ts. */
  readonly text: string
  /** Tokens of it that were run. */
  readonly positions: number
  /** Every value of the residual stayed below 2^residualBits. */
  readonly residualBits: number
  /** Values that were cut at their bounds, with the fraction bits chosen. 0 in a sound model. */
  readonly saturated: number
  /** Mean loss of a token in thousandths of a bit. */
  readonly milliBits: number
  /** Relative error (RMS) of the int8 weights of each matrix, in parts per million. */
  readonly weightErrors: Readonly<Record<string, number>>
}

/** What a file says of itself. */
export type ModelCard = {
  readonly name: string
  readonly architecture: string
  readonly tokenizer: TokenizerKind
  /** What tokenizers/hugging-face.ts keeps of a Hugging Face tokenizer, else empty. */
  readonly tokenizerJson: string
  /** Jinja template of a chat, else empty. */
  readonly chatTemplate: string
  readonly beginToken: number | null
  readonly endTokens: readonly number[]
  /** SHA-256 of each source file the weights were converted from, by name. */
  readonly sources: Readonly<Record<string, string>>
  /** The rotary parameters of the source, numbers as text. The tables of the file are what counts. */
  readonly rope: Readonly<Record<string, string>>
  /** Null for weights that never ran before they were written. */
  readonly calibration: Calibration | null
}
