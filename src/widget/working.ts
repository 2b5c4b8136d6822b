// The port between the box, which is there from the start, and the node with its figures, which are loaded after consent.

/** What the box needs to know of the node. */
export type WorkingState = { readonly isOn: boolean; readonly unitsDone: number }

/** A node that has not started yet, and the element that shows it. */
export interface Working {
  readonly view: HTMLElement
  readonly state: WorkingState
  /** Calls `listener` after every change; returns its unsubscription. */
  onChange(listener: (state: WorkingState) => void): () => void
  /** Starts under a consent of this share; failures end in the view. */
  start(gpuShare: number): Promise<void>
  stop(): Promise<void>
}
