// A chart by uPlot in the page's colours. Fetched when a chart comes into view; it draws on a canvas, so the page says the same in words.
import uPlot from 'uplot'
import { canvasColours } from './canvas-colours.ts'

/** What is drawn, and how its axes are written. */
export type PlotLook = {
  readonly kind: 'line' | 'bars'
  readonly heightPx: number
  /** Names of the axes, the unit in them. */
  readonly xLabel: string
  readonly yLabel: string
  readonly timeWords: (atMs: number) => string
  readonly valueWords: (value: number) => string
  /** Where the time axis has its marks. */
  readonly marks: (times: readonly number[], most: number) => number[]
  /** The place under the pointer; null when it has left. */
  readonly onPoint: (index: number | null) => void
}

/** Times in milliseconds, and a value or nothing for each. */
export type PlotData = { readonly times: readonly number[]; readonly values: readonly (number | null)[] }

/** A chart that is on the page. */
export interface Plot {
  show(data: PlotData): void
  resize(widthPx: number): void
  close(): void
}

const MARK_PX = 64
const FONT_PX = 13

/** Draws `data` into `target`, as wide as that is. */
export function openPlot(target: HTMLElement, look: PlotLook, data: PlotData): Plot {
  const colours = canvasColours(target, ['filament', 'agreed', 'muted', 'line', 'edge'])
  const font = `${FONT_PX}px ${getComputedStyle(target).fontFamily}`
  const colour = look.kind === 'line' ? colours.filament : colours.agreed
  const axis = {
    stroke: colours.muted,
    font,
    labelFont: font,
    labelSize: 20,
    labelGap: 0,
    grid: { stroke: colours.line, width: 1 },
    ticks: { stroke: colours.edge, width: 1, size: 4 },
  }
  const options: uPlot.Options = {
    width: target.clientWidth,
    height: look.heightPx,
    ms: 1,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, fill: colour } },
    scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        label: look.xLabel,
        size: 28,
        splits: (u) => look.marks(Array.from(u.data[0]), Math.floor(u.bbox.width / devicePixelRatio / MARK_PX)),
        values: (_u, splits) => splits.map(look.timeWords),
      },
      {
        ...axis,
        label: look.yLabel,
        values: (_u, splits) => splits.map(look.valueWords),
        size: (_u, values) => 16 + Math.max(1, ...(values ?? []).map((text) => text.length)) * FONT_PX * 0.6,
      },
    ],
    series: [{}, { stroke: colour, ...shape(look.kind, colour) }],
    hooks: { setCursor: [(u) => look.onPoint(u.cursor.idx ?? null)] },
  }
  const plot = new uPlot(options, aligned(data), target)
  return {
    show: (next) => plot.setData(aligned(next)),
    resize: (width) => plot.setSize({ width, height: look.heightPx }),
    close: () => plot.destroy(),
  }
}

function shape(kind: PlotLook['kind'], colour: string): uPlot.Series {
  if (kind === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 })
    return { fill: colour, width: 0, points: { show: false }, ...(paths === undefined ? {} : { paths }) }
  }
  // A minute of work between two idle ones is a line of no length: its point is seen.
  return { width: 2, spanGaps: false, points: { show: true, size: 4, width: 0, fill: colour } }
}

function aligned({ times, values }: PlotData): uPlot.AlignedData {
  return [[...times], [...values]]
}
