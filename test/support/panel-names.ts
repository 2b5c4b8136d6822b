// Names of the panels that the development page shows alone.

/** Names of the panels of the contributor's page. */
export const PANELS = [
  'lapse',
  'lapse-passkey',
  'lapse-later',
  'tour-start',
  'tour-end',
  'update',
  'update-free',
  'models',
  'models-none',
  'device',
  'device-reference',
  'device-off',
] as const

/** Names of the panels of the explorer and of the page for site owners. */
export const EXPLORER_PANELS = [
  'alarm',
  'alarm-before',
  'alarm-rollback',
  'trouble-hostile',
  'trouble-unreachable',
  'trouble-bug',
  'checks-running',
  'checks-failed',
  'checks-pending',
  'recompute',
  'recompute-running',
  'recompute-same',
  'recompute-different',
  'recompute-failed',
  'faults',
  'log',
  'log-unreachable',
  'unit-failed',
  'unit-unreachable',
  'day-bars',
  'earnings',
  'earnings-none',
  'earnings-loading',
  'earnings-unreachable',
  'languages',
] as const
