// Elements without a library: what stands in the frame before consent has to be small, and under Trusted Types nothing is parsed from text.

type Attributes = Readonly<Record<string, string | boolean>>

/** A new `tag` with `attributes` (`true` is an empty one, `false` none) and `children`. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) element.setAttribute(name, value === true ? '' : value)
  element.append(...children)
  return element
}

/** A constructed sheet, which no policy about inline styles forbids. */
export function sheetOf(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return sheet
}
