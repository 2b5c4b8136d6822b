// Imported first by the entries of Node processes. V8 ends a process now and then when it frees WebAssembly code (nodejs/node#64500);
// PGlite and the language kernels keep theirs as long as they run, so nothing is lost by never freeing any.
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--no-wasm-code-gc')
