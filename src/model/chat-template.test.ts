// Templates as models have them, and templates that would keep a coordinator busy or fill its memory.
import { describe, expect, test } from 'vitest'
import {
  MAX_RENDERED_LENGTH,
  MAX_TEMPLATE_INTEGER,
  MAX_TEMPLATE_LIST,
  MAX_TEMPLATE_STEPS,
  STEPS_A_TURN,
  renderTemplate,
} from './chat-template.ts'

const CHAT_ML = `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nHelp.<|im_end|>\\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`
const INSTRUCT = `{{ bos_token }}{% for m in messages if m.role != 'system' %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate.') }}{% endif %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}`

const user = (content: string) => ({ role: 'user', content })

describe('templates', () => {
  test('default: a chat in the form of ChatML, of a thousand messages too', () => {
    expect(renderTemplate(CHAT_ML, { messages: [user(' Hi ')], add_generation_prompt: true })).toBe(
      '<|im_start|>system\nHelp.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    )
    const many = Array.from({ length: 1000 }, () => user('x'.repeat(1000)))
    expect(renderTemplate(CHAT_ML, { messages: many })).toHaveLength(35 + 1000 * 1028)
  })

  test('default: roles that alternate, and ones that do not', () => {
    const variables = { bos_token: '<s>', eos_token: '</s>' }
    const system = { role: 'system', content: '' }
    const answer = { role: 'assistant', content: 'Yes.' }
    const messages = [system, user('Hi'), answer, user('Why?')]
    expect(renderTemplate(INSTRUCT, { ...variables, messages })).toBe('<s>[INST] Hi [/INST]Yes.</s>[INST] Why? [/INST]')
    expect(() => renderTemplate(INSTRUCT, { ...variables, messages: [answer] })).toThrow('Roles must alternate.')
  })

  test('default: ranges, as Python has them', () => {
    const range = (args: string) => renderTemplate(`{% for i in range(${args}) %}{{ i }},{% endfor %}`, {})
    expect([range('3'), range('1, 4'), range('5, 0, -2'), range('0'), range('3, 1')]).toEqual([
      '0,1,2,',
      '1,2,3,',
      '5,3,1,',
      '',
      '',
    ])
  })

  test.each([
    ['a long list of numbers', '{{ range(9999999) }}', 'a list of 9999999'],
    ['a step of nothing', '{{ range(0, 1, 0) }}', 'a list of Infinity'],
    ['loops in loops', '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}', 'steps'],
    [
      'a loop that takes none',
      '{% for a in range(9999) %}{% for b in range(9999) if false %}{% endfor %}{% endfor %}',
      'steps',
    ],
    [
      'a text that doubles',
      "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
      'characters',
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(x=[1, 2, 3]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
      'a list of',
    ],
    ['an indentation without end', "{{ 'a' | indent(400000000) }}", 'past 10000000'],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', ''],
    ['much text again and again', '{% for i in range(90000) %}{{ messages | tojson }}{% endfor %}', ''],
  ])('error: %s', (_, template, part) => {
    expect(() => renderTemplate(template, { messages: [user('x'.repeat(10_000))] })).toThrow(part)
  })

  test('limit: lists, integers and texts at their bounds accepted, past them refused', () => {
    const length = (n: number) => renderTemplate(`{{ range(${n}) | length }}`, {})
    expect(length(MAX_TEMPLATE_LIST)).toBe(String(MAX_TEMPLATE_LIST))
    expect(() => length(MAX_TEMPLATE_LIST + 1)).toThrow('100001')
    expect(renderTemplate(`{{ ${MAX_TEMPLATE_INTEGER} }}`, {})).toBe('10000000')
    expect(() => renderTemplate(`{{ ${MAX_TEMPLATE_INTEGER + 1} }}`, {})).toThrow('past 10000000')
    expect(renderTemplate('{{ x }}', { x: 'a'.repeat(MAX_RENDERED_LENGTH) })).toHaveLength(MAX_RENDERED_LENGTH)
    expect(() => renderTemplate('{{ x }}', { x: 'a'.repeat(MAX_RENDERED_LENGTH + 1) })).toThrow('characters')
  })

  test('limit: a fifth of the turns that all steps pay for accepted four times, refused five times', () => {
    const turns = MAX_TEMPLATE_STEPS / STEPS_A_TURN / 5
    const template = '{% for j in range(n) %}{% for i in range(turns) %}{% endfor %}{% endfor %}'
    expect(renderTemplate(template, { n: 4, turns })).toBe('')
    expect(() => renderTemplate(template, { n: 5, turns })).toThrow('steps')
  })
})
