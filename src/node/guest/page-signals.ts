// Looks at the page and the device for the worker's rules: visibility, battery, link, input, pressure, frames. It only looks and tells;
// what follows from it is decided in the worker. What a browser does not have, or denies, is told as unknown.
import type { FrameCount, GuestSignals, Pressure } from './signals.ts'
import { FrameCounter } from './frame-counter.ts'

/** Input is told this often at most: the rule holds for half a minute anyway. */
const INPUT_MS = 1000

/** Frames are told this often. */
const FRAMES_MS = 1000

const INPUTS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const
const PRESSURES: readonly string[] = ['nominal', 'fair', 'serious', 'critical'] satisfies Pressure[]

type Battery = EventTarget & { readonly charging: boolean; readonly level: number }
type Link = EventTarget & { readonly saveData?: boolean; readonly type?: string }
type PressureRecord = { readonly state: string }
type Observer = { observe(source: string, options: object): Promise<void>; disconnect(): void }
type ObserverClass = new (callback: (records: readonly PressureRecord[]) => void) => Observer

/** The parts of a browser that its own types do not know yet. */
type Device = Navigator & { readonly getBattery?: () => Promise<Battery>; readonly connection?: Link }

/** Tells `listener` now and after every change; returns its end. */
export function watchPage(listener: (signals: GuestSignals) => void): () => void {
  const end = new AbortController()
  const { signal } = end
  const isVisible = () => document.visibilityState === 'visible'
  let signals: GuestSignals = {
    isVisible: isVisible(),
    battery: null,
    lastInputMs: 0,
    pressure: null,
    frames: null,
    ...linkSignals(),
  }
  const tell = (change: Partial<GuestSignals>) => {
    if (signal.aborted) return
    // Frames are told once: counted twice they would ease off twice.
    signals = { ...signals, frames: null, ...change }
    listener(signals)
  }
  document.addEventListener('visibilitychange', () => tell({ isVisible: isVisible() }), { signal })
  linkOf()?.addEventListener('change', () => tell(linkSignals()), { signal })
  watchInput((lastInputMs) => tell({ lastInputMs }), signal)
  watchFrames((frames) => tell({ frames }), signal)
  watchBattery((battery) => tell({ battery }), signal).catch(() => undefined)
  watchPressure((pressure) => tell({ pressure }), signal).catch(() => undefined)
  listener(signals)
  return () => end.abort()
}

function linkOf(): Link | undefined {
  return (navigator as Device).connection
}

function linkSignals(): Pick<GuestSignals, 'isDataSaved' | 'isCellular'> {
  const link = linkOf()
  return { isDataSaved: link?.saveData === true, isCellular: link?.type === 'cellular' }
}

function watchInput(onInput: (atMs: number) => void, signal: AbortSignal): void {
  let lastMs = 0
  const note = () => {
    const nowMs = Date.now()
    if (nowMs - lastMs < INPUT_MS) return
    lastMs = nowMs
    onInput(nowMs)
  }
  for (const type of INPUTS) document.addEventListener(type, note, { signal, passive: true, capture: true })
}

/** Asks for frames only while the page is visible: a hidden page gets none. */
function watchFrames(onFrames: (frames: FrameCount) => void, signal: AbortSignal): void {
  const counter = new FrameCounter()
  const draw = (atMs: number) => {
    if (signal.aborted) return
    counter.note(atMs)
    if (counter.spanMs >= FRAMES_MS) onFrames(counter.take())
    requestAnimationFrame(draw)
  }
  document.addEventListener('visibilitychange', () => counter.reset(), { signal })
  requestAnimationFrame(draw)
}

async function watchBattery(onBattery: (battery: GuestSignals['battery']) => void, signal: AbortSignal): Promise<void> {
  const battery = await (navigator as Device).getBattery?.()
  if (battery === undefined) return
  const tell = () => onBattery({ isCharging: battery.charging, percent: Math.round(battery.level * 100) })
  for (const type of ['chargingchange', 'levelchange']) battery.addEventListener(type, tell, { signal })
  tell()
}

async function watchPressure(onPressure: (pressure: Pressure) => void, signal: AbortSignal): Promise<void> {
  const { PressureObserver } = globalThis as { PressureObserver?: ObserverClass }
  if (PressureObserver === undefined) return
  const observer = new PressureObserver((records) => {
    const state = records.at(-1)?.state
    if (isPressure(state)) onPressure(state)
  })
  signal.addEventListener('abort', () => observer.disconnect(), { once: true })
  await observer.observe('cpu', { sampleInterval: 1000 })
}

function isPressure(state: string | undefined): state is Pressure {
  return state !== undefined && PRESSURES.includes(state)
}
