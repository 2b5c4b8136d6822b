// Names of the panels that the development page shows alone.

/** Names of the panels. */
export const PANELS = [
  'lapse',
  'lapse-passkey',
  'tour-start',
  'tour-end',
  'update',
  'models',
  'models-none',
  'device',
  'device-reference',
  'device-off',
] as const
