// What the widget says before consent, in English. The other languages have its shape: a word that is missing there does not compile.

/** Sentences, and names of buttons. */
export const words = {
  /** Between two sentences. */
  between: ' ',
  contribute: 'Contribute',
  stop: 'Stop',
  notNow: 'Not now',
  askInWindow: 'Ask me in a window instead',
  changeMind: 'Change my mind',
  whatRuns: 'What runs, in full',
  siteCap: (share: string) => `This site asks for ${share} at most.`,
  shareOfGpu: 'Share of the GPU',
  shareOfProcessor: 'Share of the processor',
  covered: 'Something covered this box when you clicked, so nothing was started. Click again when you see all of it.',
  blocked:
    'Your browser cannot tell whether you saw all of this box, and let no window open to ask you, so nothing was started. You can contribute on our own page: the link is below.',
  loading: 'Loading what is needed …',
  windowOpen: 'Answer in the window that was opened.',
  declined: 'Nothing was started.',
  notLoaded:
    'What is needed could not be loaded, so nothing was started. Check your connection, then click Contribute again.',
  refused: (day: string) => `Not asked again here until ${day}.`,
  phone: 'Off on phones: contributing would drain the battery.',
  lessData: 'Off because your browser is set to save data.',
  noSite: 'Your browser does not say which site this box stands on, so nothing can be started here.',
  lendGpu: (host: string) => `Lend part of your GPU while you are on ${host}.`,
  lendProcessor: (host: string) => `Lend part of your processor (no WebGPU here) while you are on ${host}.`,
  lendAtMost: (share: string, host: string) => `Lend at most ${share} of your device while you are on ${host}.`,
  whatItDoes: 'It multiplies numbers for others and reads no files. Other nodes see your network address.',
  credit: 'The credit is yours alone, the site gets none of it.',
  sharedCredit: (share: string, host: string) => `${share} of the credit goes to ${host}, the rest to you.`,
  itEnds: 'It ends when you stop it or leave.',
  contributeHere: 'Contribute here?',
  whyWindow:
    'You are asked in a window of its own because your browser could not tell whether the site covered the box.',
  nothingToConfirm: 'Nothing to confirm',
  noQuestion: 'No box is waiting for an answer from this window, so nothing was started.',
  ownPage: 'Contribute on our own page',
}

/** What each language says. */
export type Words = typeof words
