// What the frame tells the page that embeds it, and nothing else crosses: the frame listens to no message at all. Types only, so that
// embed.js stays one file.

/** A message from the frame to its host page. */
export type FrameMessage =
  | { readonly type: 'commonwatt-consented' }
  | { readonly type: 'commonwatt-unit'; readonly unitsDone: number }
  | { readonly type: 'commonwatt-stopped' }
