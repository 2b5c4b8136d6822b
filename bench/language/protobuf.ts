// What protocol buffers need of an encoder to write ONNX models: numbers, texts and nested messages.
import { concat, utf8 } from '#core/bytes.ts'

/** Encoded fields. */
export type Encoded = Uint8Array<ArrayBuffer>

/** A number from 0 to 2^32 - 1 as a varint. */
export function integer(field: number, value: number): Encoded {
  return concat(varint(field << 3), varint(value))
}

/** A number in single precision. */
export function float(field: number, value: number): Encoded {
  return concat(varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer))
}

/** A text in UTF-8. */
export function text(field: number, value: string): Encoded {
  return message(field, utf8(value))
}

/** Bytes, or the fields of a nested message. */
export function message(field: number, ...parts: readonly Uint8Array[]): Encoded {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return concat(varint((field << 3) | 2), varint(length), ...parts)
}

function varint(value: number): Encoded {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    if (left < 128 && left >= 0) return Uint8Array.from([...bytes, left])
    bytes.push((left & 127) | 128)
  }
}
