// Language models that are registered here: listed, added, removed.
import { Hono } from 'hono'
import { UnknownModelError, addModel, modelRequestSchema, registeredModels, removeModel } from '#coordinator/models.ts'
import { digestParam, readJson } from './body.ts'
import type { HttpParts } from './context.ts'

/** `/api/v1/models`. */
export function modelRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  app.get('/', async (c) => c.json({ models: await registeredModels(grid) }))
  app.post('/', async (c) => c.json(await addModel(grid, await readJson(c, modelRequestSchema, 'model request')), 201))
  app.delete('/:id', async (c) => {
    const request = await readJson(c, modelRequestSchema, 'model request')
    if (request.body.content !== digestParam(c, 'id')) throw new UnknownModelError(request.body.content)
    await removeModel(grid, request)
    return c.body(null, 204)
  })
  return app
}
