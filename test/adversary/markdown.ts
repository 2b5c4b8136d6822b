// Tables as the formatter leaves them, and the places in documents that they are written to.

/** A table whose cells are as wide as their column. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map((row) => line(row)),
  ].join('\n')
}

/** Parts per thousand as percent, with a sign where there is a gain. */
export function percent(permille: number): string {
  return `${permille > 0 ? '+' : ''}${(permille / 10).toFixed(1)}%`
}

/** `text` with what is between two marks replaced. Throws a RangeError when they are missing. */
export function between(text: string, begin: string, end: string, content: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new RangeError(`The text has no marks "${begin}" and "${end}".`)
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`
}
