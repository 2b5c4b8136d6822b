// What a node computes on, in plain words first, with the particulars to open: adapter, self-test, rates, what models run on and why.
// Before the first click nothing was opened, and it says so.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { NodeState } from '#node/state.ts'
import { formatBytes, formatCount, formatDayAndTime, formatRate } from '#ui/format.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { toldWords } from '#ui/told-words.ts'

type Row = readonly [name: string, value: string]

/** `<cw-device .state=…>`. */
export class DevicePanel extends LitElement {
  static override properties = { state: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      p {
        max-width: 62ch;
      }
      p + p,
      details {
        margin-top: 12px;
      }
      summary {
        min-height: 24px;
        cursor: pointer;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(0, auto) minmax(0, 1fr);
        gap: 4px 24px;
        margin-top: 8px;
      }
      dd {
        overflow-wrap: anywhere;
      }
      @media (max-width: 480px) {
        dl {
          grid-template-columns: 1fr;
          gap: 0;
        }
        dd + dt {
          margin-top: 8px;
        }
      }
    `,
  ]

  declare state: NodeState

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
  }

  override render() {
    const { device, deviceNote, language, report } = this.state
    if (device === null)
      return html`<p data-testid="device-unknown">
          ${msg('Your device has not been opened yet: that waits for your click. Then this tells what was found and tested.')}
        </p>
        ${particulars(platform())}`
    return html`<p><strong>${backendLine(this.state)}</strong></p>
      ${deviceNote === '' ? nothing : html`<p>${toldWords(deviceNote)}</p>`}
      <p data-testid="self-test">${report === null ? msg('It is being tested now.') : testLine(report)}</p>
      <p>
        ${language === null ? modelsLine(report) : language.note === '' ? onLine(language.info.backend) : toldWords(language.note)}
      </p>
      ${particulars([...adapterRows(this.state), ...platform()])}`
  }
}

function particulars(rows: readonly Row[]) {
  return html`<details>
    <summary>${msg('Particulars')}</summary>
    <dl>
      ${rows.map(
        ([name, value]) =>
          html`<dt class="muted">${name}</dt>
            <dd class="figure">${value}</dd>`,
      )}
    </dl>
  </details>`
}

function backendLine({ device }: NodeState): string {
  if (device === null) return ''
  const { adapter } = device
  if (device.backend === 'webgpu')
    return device.isSoftware
      ? msg(str`Your processor computes, through a software GPU (${adapter}): your browser gives no real one.`)
      : msg(str`Your GPU computes: ${adapter}.`)
  return msg(str`Your processor computes (${adapter}): this browser gives no GPU.`)
}

function testLine({ kernels, ratedMops, testedMs }: NonNullable<NodeState['report']>): string {
  const when = formatDayAndTime(testedMs)
  const { value, unit } = formatRate(ratedMops)
  return kernels.includes('language')
    ? msg(
        str`It passed the self-test of ${when}, for products of numbers and for language models: the same bytes as the reference. Measured then: ${value} ${unit}.`,
      )
    : msg(
        str`It passed the self-test of ${when} for products of numbers: the same bytes as the reference. Measured then: ${value} ${unit}. It takes no language models.`,
      )
}

function modelsLine(report: NodeState['report']): string {
  if (report === null || !report.kernels.includes('language')) return ''
  const most = formatBytes(report.maxModelBytes)
  return msg(str`It takes language models of up to ${most}; what runs them is told with the first one.`)
}

function onLine(backend: string): string {
  return backend === 'webgpu' ? msg('Language models run on your GPU.') : msg('Language models run on your processor.')
}

function adapterRows({ device, language, report, rateMops }: NodeState): Row[] {
  if (device === null) return []
  const rows: Row[] = [
    [msg('Programs'), nameOf(device.backend)],
    [msg('Adapter'), device.adapter],
    [msg('Features in use'), device.features.length === 0 ? msg('none') : device.features.join(', ')],
  ]
  if (language !== null)
    rows.push([msg('Language models on'), `${nameOf(language.info.backend)}, ${language.info.adapter}`])
  if (report !== null) rows.push([msg('Largest model'), formatBytes(report.maxModelBytes)])
  const { value, unit } = formatRate(rateMops)
  if (rateMops > 0) rows.push([msg('Rate of the last units'), `${value} ${unit}`])
  return rows
}

/** What any page of this browser sees. */
function platform(): Row[] {
  const { deviceMemory } = navigator as { deviceMemory?: number }
  const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1
  const rows: Row[] = [[msg('Threads for the processor'), formatCount(threads)]]
  if (deviceMemory !== undefined) rows.push([msg('Memory that the browser tells'), formatBytes(deviceMemory * 1e9)])
  // Kernels are tested and chosen anew for another browser: this is the driver's name in what is remembered.
  rows.push([msg('Browser'), navigator.userAgent])
  return rows
}

function nameOf(backend: 'cpu' | 'wasm' | 'webgpu'): string {
  return backend === 'webgpu' ? 'WebGPU' : backend === 'wasm' ? 'WebAssembly' : 'TypeScript'
}

customElements.define('cw-device', DevicePanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-device': DevicePanel
  }
}
