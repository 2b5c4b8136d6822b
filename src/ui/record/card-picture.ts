// The card as a picture of 1200 by 630, in the page's own fonts and in the colours it has now. Fetched when somebody asks for a card.
import { canvasColours } from './canvas-colours.ts'

/** What stands on a card. */
export type CardText = {
  /** The number everybody sees first, and what it counts. */
  readonly figure: string
  readonly of: string
  readonly lines: readonly string[]
  readonly foot: string
}

const WIDTH = 1200
const HEIGHT = 630
const MARGIN = 80

/** Draws the card. Waits for the fonts, so that it never shows others. */
export async function drawCard(canvas: HTMLCanvasElement, card: CardText): Promise<void> {
  const colours = canvasColours(canvas, ['paper', 'ink', 'muted', 'line', 'filament', 'agreed'])
  const style = getComputedStyle(canvas)
  const [sans, mono] = [style.getPropertyValue('--sans'), style.getPropertyValue('--mono')]
  await Promise.all(
    [`600 40px ${sans}`, `400 34px ${sans}`, `400 40px ${mono}`].map((font) => document.fonts.load(font)),
  )
  const draw = canvas.getContext('2d')
  if (draw === null) throw new DOMException('The browser gives no canvas.', 'NotSupportedError')
  draw.fillStyle = colours.paper
  draw.fillRect(0, 0, WIDTH, HEIGHT)
  draw.textBaseline = 'alphabetic'
  drawMark(draw, colours.filament)
  const write = (text: string, y: number, font: string, colour: string) => {
    draw.font = font
    draw.fillStyle = colour
    draw.fillText(text, MARGIN, y, WIDTH - 2 * MARGIN)
  }
  draw.font = `600 40px ${sans}`
  draw.fillStyle = colours.ink
  draw.fillText('commonwatt', MARGIN + 64, 118)
  write(card.figure, 300, `400 136px ${mono}`, colours.ink)
  write(card.of, 358, `600 40px ${sans}`, colours.agreed)
  card.lines.forEach((line, i) => write(line, 432 + i * 48, `400 34px ${sans}`, colours.ink))
  draw.fillStyle = colours.line
  draw.fillRect(MARGIN, 520, WIDTH - 2 * MARGIN, 2)
  write(card.foot, 568, `400 28px ${sans}`, colours.muted)
}

/** Two lines that meet in a dot: the path of public/mark.svg. */
function drawMark(draw: CanvasRenderingContext2D, colour: string): void {
  draw.save()
  draw.translate(MARGIN, 78)
  draw.scale(3, 3)
  draw.strokeStyle = colour
  draw.fillStyle = colour
  draw.lineWidth = 2
  draw.lineCap = 'round'
  draw.stroke(new Path2D('M1.5 4 8 11M14.5 4 8 11'))
  draw.beginPath()
  draw.arc(8, 11, 2.5, 0, 2 * Math.PI)
  draw.fill()
  draw.restore()
}
