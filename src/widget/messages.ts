// What the frame tells the page that embeds it, and nothing else crosses: the frame takes no message from its host. Types only, so that
// embed.js stays one file.

/** A message from the frame to its host page. `quiet` says that there is nothing to ask, and whether to keep that for a frame
 * that may not store anything itself. */
export type FrameMessage =
  | { readonly type: 'commonwatt-asking' }
  | { readonly type: 'commonwatt-quiet'; readonly isToBeKept: boolean }
  | { readonly type: 'commonwatt-consented' }
  | { readonly type: 'commonwatt-unit'; readonly unitsDone: number }
  | { readonly type: 'commonwatt-stopped' }
