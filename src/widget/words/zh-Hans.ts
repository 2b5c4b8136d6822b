// What the widget says before consent, in Chinese (simplified).
import type { Words } from './en.ts'

/** Sentences, and names of buttons. */
export const words: Words = {
  between: '',
  contribute: '贡献',
  stop: '停止',
  notNow: '暂不',
  askInWindow: '改在窗口中询问我',
  changeMind: '改变主意',
  whatRuns: '运行内容详情',
  siteCap: (share) => `此网站最多请求 ${share}。`,
  shareOfGpu: 'GPU 份额',
  shareOfProcessor: '处理器份额',
  covered: '您点击时有东西遮住了此框，因此没有启动。看到完整的框后请再次点击。',
  blocked:
    '您的浏览器无法确定您是否看到完整的框，也不允许打开窗口询问，因此没有启动。您可以在我们自己的页面上贡献：链接在下方。',
  loading: '正在加载所需内容……',
  windowOpen: '请在打开的窗口中回答。',
  declined: '没有启动任何内容。',
  notLoaded: '无法加载所需内容，因此没有启动。请检查网络连接，然后再次点击“贡献”。',
  refused: (day) => `在 ${day}之前不会再在此询问。`,
  phone: '手机上已关闭：贡献会耗尽电池。',
  lessData: '已关闭，因为您的浏览器设为省流量。',
  noSite: '您的浏览器没有说明此框位于哪个网站，因此无法在此启动。',
  lendGpu: (host) => `您在 ${host} 期间出借一部分 GPU。`,
  lendProcessor: (host) => `您在 ${host} 期间出借一部分处理器（此处没有 WebGPU）。`,
  lendAtMost: (share, host) => `您在 ${host} 期间最多出借设备的 ${share}。`,
  whatItDoes: '它为他人做数字乘法，不读取文件。其他节点会看到您的网络地址。',
  credit: '积分全部归您，网站不分得任何部分。',
  sharedCredit: (share, host) => `积分的 ${share} 归 ${host}，其余归您。`,
  itEnds: '您停止或离开时即结束。',
  contributeHere: '在此贡献？',
  whyWindow: '由于您的浏览器无法确定网站是否遮住了该框，所以在单独的窗口中询问。',
  nothingToConfirm: '没有需要确认的内容',
  noQuestion: '没有框在等待此窗口的回答，因此没有启动任何内容。',
  ownPage: '在我们自己的页面上贡献',
}
