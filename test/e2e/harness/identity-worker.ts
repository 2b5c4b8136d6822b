// Signs one message with the key pair that is posted to it.
import { utf8 } from '#core/bytes.ts'
import { signerFromKeyPair } from '#identity/session-key.ts'

self.addEventListener('message', ({ data }: MessageEvent<CryptoKeyPair>) => {
  void signerFromKeyPair(data)
    .then((signer) => signer.sign(utf8('from a worker')))
    .then((signature) => self.postMessage(signature))
})
