
    // Do not modify this file by hand!
    // Re-generate this file by running lit-localize

    
    import {str} from '@lit/localize';

    /* eslint-disable no-irregular-whitespace */
    /* eslint-disable @typescript-eslint/no-explicit-any */

    export const templates = {
      's3e07827b85a6779a': `Contribute`,
'sd9ad53251f2330a5': `Stop`,
's275772c501fb3b2e': `Not now`,
's18bb00260645d566': `Ask me in a window instead`,
's9538bea65b769107': `Change my mind`,
's4c3a36928b2c30e9': `What runs, in full`,
'sd0a57fcaf5b797f3': str`This site asks for ${0} at most.`,
'scb733b3497793860': `Share of the GPU`,
's0169c86fa1e2b63e': `Share of the processor`,
'sfa86caf32ce23abe': `Something covered this box when you clicked, so nothing was started. Click again when you see all of it.`,
's88c243cd909b9459': `Your browser cannot tell whether you saw all of this box, and let no window open to ask you, so nothing was started. You can contribute on our own page: the link is below.`,
'sd9f913dc1d223aa8': `Loading what is needed …`,
's517352ba5f02efc4': `Answer in the window that was opened.`,
'sbe500d9926fe08c0': `Nothing was started.`,
's2ba1dfc936c8d79a': `What is needed could not be loaded, so nothing was started. Check your connection, then click Contribute again.`,
'seb26977ac44df278': str`Not asked again here until ${0}.`,
's456b3522011ee547': `Off on phones: contributing would drain the battery.`,
'sc7a64a3b1a65b673': `Off because your browser is set to save data.`,
'scca2f7bfc2259285': `Your browser does not say which site this box stands on, so nothing can be started here.`,
'sbe1a11b409e955eb': str`Lend part of your GPU while you are on ${0}. It multiplies numbers for others and reads no files. Other nodes see your network address. The credit is yours alone, the site gets none of it. It ends when you stop it or leave.`,
's5e763221f979573f': str`Lend part of your processor (no WebGPU here) while you are on ${0}. It multiplies numbers for others and reads no files. Other nodes see your network address. The credit is yours alone, the site gets none of it. It ends when you stop it or leave.`,
'sb263a8794993918d': `Contribute here?`,
's090fd321ebf3c14e': `You are asked in a window of its own because your browser could not tell whether the site covered the box.`,
's7dd089e7f8cfc7bf': str`Lend at most ${0} of your device while you are on ${1}. It multiplies numbers for others and reads no files. Other nodes see your network address. The credit is yours alone. It ends when you stop it or leave that page.`,
's683799dfacb9679b': `Nothing to confirm`,
's8ca8d7a2568c2355': `No box is waiting for an answer from this window, so nothing was started.`,
's483c89a18115d21c': `Contribute on our own page`,
    };
  