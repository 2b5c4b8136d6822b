// The page's worker as it is, watched: it holds a lock for as long as it lives, and says so when anything asks for the GPU.
import '../../src/node/worker.ts'

const { gpu } = navigator
Object.defineProperty(navigator, 'gpu', {
  get() {
    new BroadcastChannel('watched-worker').postMessage('gpu')
    return gpu
  },
})
void navigator.locks.request('watched-worker', () => new Promise(() => {}))
