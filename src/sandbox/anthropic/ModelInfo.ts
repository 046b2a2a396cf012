/**
 * `GET /v1/models` and `GET /v1/models/:id`.
 */
import type { JsonObject } from "../Json.ts"
import * as Models from "./Models.ts"
import { type Problem, problem } from "./Problem.ts"

const instant = (date: string | undefined) => date === undefined ? "1970-01-01T00:00:00Z" : `${date}T00:00:00Z`
const support = (supported: boolean) => ({ supported })

const infoOf = (model: Models.Model): JsonObject => {
  const leveled = model.effort !== undefined
  const thinks = (kind: Models.Thinking) => support(model.thinking.includes(kind))
  return {
    type: "model",
    id: model.snapshot,
    display_name: model.name,
    created_at: instant(model.released),
    lifecycle: model.lifecycle,
    deprecated_at: model.lifecycle === "deprecated" ? instant(model.released) : null,
    retires_at: model.retires === undefined ? null : instant(model.retires),
    line: /claude-([a-z]+)/.exec(model.id)?.[1] ?? null,
    max_input_tokens: model.maxInput,
    max_tokens: model.maxOutput,
    capabilities: {
      batch: support(true),
      citations: support(true),
      code_execution: support(false),
      context_management: {
        supported: false,
        clear_thinking_20251015: null,
        clear_tool_uses_20250919: null,
        compact_20260112: null
      },
      effort: {
        supported: leveled,
        low: support(leveled),
        medium: support(leveled),
        high: support(leveled),
        xhigh: support(leveled),
        max: support(leveled)
      },
      image_input: support(true),
      pdf_input: support(true),
      server_tools: { supported: true, code_execution: support(false), web_search: support(true) },
      structured_outputs: support(true),
      thinking: {
        supported: true,
        types: {
          adaptive: thinks("adaptive"),
          enabled: thinks("enabled"),
          disabled: thinks("disabled"),
          between_tools: thinks("between_tools")
        }
      }
    }
  }
}

/** One page of all models, the latest first. */
export const list = (): JsonObject => {
  const data = [...Models.models.values()].map(infoOf)
  return { data, has_more: false, first_id: data[0]?.["id"] ?? null, last_id: data.at(-1)?.["id"] ?? null }
}

export const get = (id: string): JsonObject | Problem => {
  const model = Models.find(id)
  return model === undefined ? problem(404, `model: ${id}`) : infoOf(model)
}
