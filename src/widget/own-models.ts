// The models that this browser keeps, for the page: loaded when somebody looks at them, and named by the coordinator's list.
import * as v from 'valibot'
import type { ModelsPort } from '#ui/elements/this-device.ts'

/** Longest list that is read, in characters: the coordinator's is far shorter. */
const MAX_LIST_CHARS = 2 ** 20

const listSchema = v.object({
  models: v.pipe(
    v.array(v.object({ id: v.pipe(v.string(), v.maxLength(64)), name: v.pipe(v.string(), v.maxLength(200)) })),
    v.maxLength(1024),
  ),
})

/** Of the page's own origin. The client's list would bring all of its cryptography along, for a name. */
export const ownModels: ModelsPort = {
  open: async () => (await import('#node/kept-models.ts')).keptModels(),
  async names() {
    const text = await (await fetch('/api/v1/models')).text()
    if (text.length > MAX_LIST_CHARS) return new Map()
    const { models } = v.parse(listSchema, JSON.parse(text))
    return new Map(models.map(({ id, name }) => [id, name]))
  },
}
