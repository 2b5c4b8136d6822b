/** Path of a browser, or undefined when the machine has none. */
export function findChromium(): Promise<string | undefined>
/** Switches for headless use. */
export function chromiumArgs(options?: { hardware?: boolean }): string[]
