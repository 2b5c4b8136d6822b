
    // Do not modify this file by hand!
    // Re-generate this file by running lit-localize

    
    import {str} from '@lit/localize';

    /* eslint-disable no-irregular-whitespace */
    /* eslint-disable @typescript-eslint/no-explicit-any */

    export const templates = {
      's84126fa92f00b4ef': `just now`,
'sda56713527662ce9': str`${0} unit`,
's670ef751f29dc9ae': str`${0} units`,
'sefcf950b3cc4fc3b': `Language`,
    };
  