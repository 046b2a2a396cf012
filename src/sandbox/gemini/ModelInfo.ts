/**
 * `GET /v1/models` and `GET /v1/models/…`.
 */
import type { Problem } from "../Door.ts"
import type { JsonObject } from "../Json.ts"
import * as Models from "./Models.ts"
import { problem } from "./Problem.ts"

const infoOf = (model: Models.Model): JsonObject => ({
  name: `models/${model.id}`,
  version: "001",
  displayName: model.name,
  inputTokenLimit: model.maxInput,
  outputTokenLimit: model.maxOutput,
  supportedGenerationMethods: [
    "generateContent",
    "countTokens",
    ...(model.explicitFrom === undefined ? [] : ["createCachedContent"]),
    "batchGenerateContent"
  ],
  temperature: 1,
  topP: 0.95,
  topK: 64,
  maxTemperature: 2,
  thinking: true
})

/** One page of all models. */
export const list = (): JsonObject => ({ models: Array.from(Models.models.values(), infoOf) })

export const get = (id: string): JsonObject | Problem => {
  const model = Models.models.get(id)
  return model === undefined ? problem(404, `Model is not found: models/${id} for api version v1`) : infoOf(model)
}
