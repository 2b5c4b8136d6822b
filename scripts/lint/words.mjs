// A rule for the linter: what a person reads goes through msg(), so that it can be said in every language. It finds text and spoken
// attributes in html`` and svg`` templates, and strings that look like sentences.
// oxlint-disable import/no-default-export -- what the linter expects of a plugin

/** Attributes that are read or said. */
const SPOKEN =
  /(?:^|\s)(?:aria-(?:label|description|valuetext|roledescription|placeholder)|title|placeholder|alt|label)=(?:"([^"]*)"|'([^']*)'|([^\s>]*))/g

/** The name of the project is the same everywhere. */
const NAMES = /\bcommonwatt\b|\bCommonwatt\b/g

const LETTERS = /\p{L}{2}/u
const WORD_ALONE = /^\p{Lu}\p{Ll}+(?:$|[ .,:;!?…])/u
const PHRASE = /\p{L}+ \p{L}+ \p{L}{2,}/u

/** Stands for an expression in a template: no letter, and no end of a tag. */
const HOLE = '\u0001'

const inMessages = {
  create(context) {
    const report = (node, text) =>
      context.report({ node, message: `Say this through msg(), or it is English in every language: ${text.trim()}` })
    return {
      TaggedTemplateExpression(node) {
        if (!['html', 'svg'].includes(node.tag.name) || isTold(node)) return
        const source = node.quasi.quasis.map(({ value }) => value.cooked ?? value.raw).join(HOLE)
        for (const text of wordsOf(source)) report(node, text)
      },
      Literal(node) {
        if (typeof node.value === 'string' && isSentence(node.value) && !isTold(node) && !isCode(node))
          report(node, node.value)
      },
      TemplateLiteral(node) {
        if (node.parent.type === 'TaggedTemplateExpression' || isTold(node) || isCode(node)) return
        const text = node.quasis.map(({ value }) => value.cooked ?? value.raw).join(HOLE)
        if (isSentence(text)) report(node, text.replaceAll(HOLE, '…'))
      },
    }
  },
}

/** What of a template is read: the text between tags, and spoken attributes. */
export function wordsOf(template) {
  const words = []
  const plain = template.replace(/<!--[\s\S]*?-->/g, '').replace(/<style[\s\S]*?<\/style>/g, '')
  // A tag ends at the first > outside quotes.
  const text = plain.replace(/<\/?[\w-]+(?:"[^"]*"|'[^']*'|[^"'>])*>/g, (tag) => {
    for (const [, double, single, bare] of tag.matchAll(SPOKEN)) words.push(double ?? single ?? bare ?? '')
    return '\n'
  })
  words.push(...text.split('\n'))
  return words.map((each) => each.replace(NAMES, '').replace(/&\w+;/g, '')).filter((each) => LETTERS.test(each))
}

/** Whether `text` looks like something for people rather than a name in code. */
export function isSentence(text) {
  const bare = text.replace(NAMES, '').trim()
  return WORD_ALONE.test(bare) || PHRASE.test(bare)
}

/** Inside msg(), in whole or in part. */
function isTold(node) {
  for (let above = node.parent; above != null; above = above.parent)
    if (above.type === 'CallExpression' && above.callee.name === 'msg') return true
  return false
}

/** Not shown: types, comparisons, what is imported, names of keys, and errors, which are worded by their name. */
function isCode(node) {
  for (let { parent } = node; parent != null; parent = parent.parent) {
    if (/^TS|^Import|^Export.*Declaration$|^ThrowStatement$/.test(parent.type) && parent.source !== undefined)
      return true
    if (parent.type === 'TSLiteralType' || parent.type === 'ThrowStatement') return true
    if (parent.type === 'TaggedTemplateExpression' && parent.tag.name === 'css') return true
    if (parent.type === 'BinaryExpression' && /^[!=]==?$/.test(parent.operator)) return true
    if (parent.type === 'SwitchCase') return parent.test === node
    if (parent.type === 'CallExpression' && parent.callee.type === 'Super') return true
    if (parent.type === 'NewExpression' && /Error$|Exception$/.test(parent.callee.name ?? '')) return true
  }
  return false
}

export default { meta: { name: 'words' }, rules: { 'in-messages': inMessages } }
