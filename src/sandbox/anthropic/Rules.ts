/**
 * What depends on the model: thinking, effort, sampling, forced tools, speed and place.
 */
import type { Effort, ToolChoice } from "../Answers.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Model, Service, Thinking } from "./Models.ts"
import { invalid, isProblem, type Problem } from "./Problem.ts"

export interface Rules {
  readonly _tag: "Rules"
  /** Undefined when the model doesn't think up front. */
  readonly thinking: "adaptive" | "enabled" | undefined
  readonly effort: Effort
  readonly omitsThoughts: boolean
  readonly toolChoice: ToolChoice
  readonly parallelTools: boolean
  readonly service: Service
}

export const of = (body: JsonObject, model: Model): Rules | Problem => {
  const maxTokens = numberAt(body, "max_tokens") ?? 0
  if (maxTokens > model.maxOutput) {
    return invalid(
      "max_tokens",
      `${maxTokens} > ${model.maxOutput}, which is the maximum allowed number of output tokens for ${model.id}`
    )
  }
  const choice = objectAt(body, "tool_choice")
  const forced = ["any", "tool"].includes(stringAt(choice, "type") ?? "auto")
  const thinking = thinkingOf(body, model, forced)
  if (isProblem(thinking)) return thinking
  const refused = forbidden(body, model, thinking, forced)
  if (refused !== undefined) return refused
  const service = serviceOf(body, model)
  if (isProblem(service)) return service
  const toolChoice = toolChoiceOf(body)
  if (isProblem(toolChoice)) return toolChoice
  const up = thinking.kind === "adaptive" || thinking.kind === "enabled" ? thinking.kind : undefined
  return {
    _tag: "Rules",
    thinking: up,
    effort: up === undefined ? "none" : thinking.effort ?? "medium",
    omitsThoughts: thinking.omits,
    toolChoice,
    parallelTools: at(choice, "disable_parallel_tool_use") !== true,
    service
  }
}

interface Thought {
  readonly kind: Thinking
  readonly effort: Effort | undefined
  readonly omits: boolean
}

const levels = ["low", "medium", "high", "xhigh", "max"] as const

const thinkingOf = (body: JsonObject, model: Model, forced: boolean): Thought | Problem => {
  const config = objectAt(body, "thinking")
  const asked = stringAt(config, "type")
  const named = stringAt(objectAt(body, "output_config"), "effort")
  const effort = levels.find((level) => level === named) ?? model.effort
  if (named !== undefined && model.effort === undefined) {
    return invalid("", "This model does not support the effort parameter.")
  }
  const usual: Thinking = model.thinksByDefault && !forced ? "adaptive" : "disabled"
  const kind = asked === "adaptive" || asked === "enabled" || asked === "disabled" || asked === "between_tools"
    ? asked
    : usual
  if (asked !== undefined && !model.thinking.includes(kind)) {
    const instead = model.thinking.includes("adaptive")
      ? asked === "disabled" && model.thinking.includes("between_tools")
        ? " Use \"thinking.type.between_tools\" instead."
        : " Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior."
      : ""
    return invalid("", `"thinking.type.${asked}" is not supported for this model.${instead}`)
  }
  const off = kind === "disabled" || kind === "between_tools"
  if (asked !== undefined && off && model.thinksByDefault && (effort === "xhigh" || effort === "max")) {
    return invalid("", `"thinking.type.${kind}" is not supported with effort '${effort}'.`)
  }
  const budget = numberAt(config, "budget_tokens")
  if (budget !== undefined && Object.hasOwn(body, "max_tokens") && budget >= (numberAt(body, "max_tokens") ?? 0)) {
    return invalid(
      "",
      "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation "
        + "at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
    )
  }
  const display = stringAt(config, "display")
  return { kind, effort, omits: display === undefined ? model.omitsThoughts : display === "omitted" }
}

const samplers = ["temperature", "top_p", "top_k"] as const

const forbidden = (
  body: JsonObject,
  model: Model,
  { kind }: Thought,
  forced: boolean
): Problem | undefined => {
  const thinks = kind === "adaptive" || kind === "enabled"
  const sampler = samplers.find((name) => numberAt(body, name) !== undefined)
  if (sampler !== undefined && !model.sampling) return invalid("", `\`${sampler}\` is deprecated for this model.`)
  if (thinks && (numberAt(body, "temperature") ?? 1) !== 1) {
    return invalid("", "`temperature` may only be set to 1 when thinking is enabled.")
  }
  if (forced && !model.forcedTools) return invalid("tool_choice", "forced tool use is not supported for this model")
  if (forced && thinks) return invalid("", "Thinking may not be enabled when tool_choice forces tool use.")
  if (numberAt(body, "max_tokens") === 0) {
    const clash = at(body, "stream") === true
      ? "stream"
      : kind === "enabled"
      ? "thinking"
      : objectAt(objectAt(body, "output_config"), "format") !== undefined
      ? "output_config.format"
      : forced
      ? "tool_choice"
      : undefined
    if (clash !== undefined) return invalid("max_tokens", `0 is not supported together with \`${clash}\``)
  }
  return (at(body, "container") ?? undefined) === undefined
    ? undefined
    : invalid("container", "The sandbox doesn't serve containers")
}

const serviceOf = (body: JsonObject, model: Model): Service | Problem => {
  const fast = stringAt(body, "speed") === "fast"
  if (fast && !model.fast) return invalid("speed", `'fast' is not supported for ${model.id}`)
  const geo = stringAt(body, "inference_geo")
  if (geo !== undefined && !model.geo) return invalid("inference_geo", "is not supported for this model")
  if (geo !== undefined && geo !== "us" && geo !== "global") {
    return invalid("inference_geo", "Input should be 'global' or 'us'")
  }
  return {
    tier: "standard",
    speed: fast ? "fast" : "standard",
    geo: model.geo ? geo ?? "global" : "not_available"
  }
}

const toolChoiceOf = (body: JsonObject): ToolChoice | Problem => {
  const tools = listAt(body, "tools")
  const names = tools.map((tool) => stringAt(tool, "name") ?? "")
  if (new Set(names).size < names.length) return invalid("tools", "Tool names must be unique.")
  const bad = names.findIndex((name) => !/^[a-zA-Z0-9_-]{1,128}$/.test(name))
  if (bad !== -1 && Object.hasOwn(Object(tools[bad]), "input_schema")) {
    return invalid(`tools.${bad}.custom.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
  }
  const choice = objectAt(body, "tool_choice")
  const kind = stringAt(choice, "type") ?? "auto"
  if (kind === "none" || choice === undefined) return kind === "none" ? kind : "auto"
  if (tools.length === 0) return invalid("tool_choice", "may only be specified while providing `tools`.")
  if (kind === "any") return "required"
  if (kind !== "tool") return "auto"
  const name = stringAt(choice, "name") ?? ""
  return names.includes(name) ? { name } : invalid("tool_choice.tool", `Tool '${name}' not found in provided tools`)
}
