// Hands bytes to the browser's downloads. Nothing is sent anywhere.

/** Time that a browser may take to begin reading what it saves. */
const READ_MS = 60_000

/** Saves `blob` under `name`. */
export function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), READ_MS)
}
