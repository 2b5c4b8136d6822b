// The module's exports. Memory is imported and laid out by src/wasm/language-backend.ts; nothing here allocates.
export { addRow, embed, normQuantise, quantise } from './quantise'
export { angles, attend, narrow, rotateQuantise, siluGate } from './attention'
export { linear } from './linear'
