/**
 * What depends on the model: thinking, tools, penalties, and what goes together.
 */
import type { Effort, Search, Tool, ToolChoice } from "../Answers.ts"
import { isProblem, type Problem } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Level, Model } from "./Models.ts"
import { invalid } from "./Problem.ts"

export interface Rules {
  readonly _tag: "Rules"
  readonly effort: Effort
  readonly showsThoughts: boolean
  readonly tools: ReadonlyArray<Tool>
  readonly toolChoice: ToolChoice
  readonly search: Search | undefined
  /** Its own tools are told of as parts. */
  readonly tellsInvocations: boolean
  readonly schema: unknown
}

export const of = (body: JsonObject, model: Model): Rules | Problem => {
  const config = objectAt(body, "generationConfig")
  const limit = numberAt(config, "maxOutputTokens")
  if (limit !== undefined && limit > model.maxOutput) {
    return invalid(
      `Unable to submit request because it has a maxOutputTokens value of ${limit} but the supported range is from 1 `
        + `(inclusive) to ${model.maxOutput + 1} (exclusive). Update the value and try again.`
    )
  }
  const penalised = ["presencePenalty", "frequencyPenalty"].some((name) => numberAt(config, name) !== undefined)
  if (penalised && !model.samples) return invalid(`Penalty is not enabled for models/${model.id}`)
  const thinking = thinkingOf(objectAt(config, "thinkingConfig"), model)
  if (isProblem(thinking)) return thinking
  const tools = toolsOf(body, model)
  if (isProblem(tools)) return tools
  const schema = schemaOf(config)
  return isProblem(schema) ? schema : { _tag: "Rules", ...thinking, ...tools, ...schema }
}

const efforts: Readonly<Record<Level, Effort>> = { MINIMAL: "minimal", LOW: "low", MEDIUM: "medium", HIGH: "high" }

const thinkingOf = (
  config: JsonObject | undefined,
  { id, thinking }: Model
): Pick<Rules, "effort" | "showsThoughts"> | Problem => {
  const budget = numberAt(config, "thinkingBudget")
  const level = stringAt(config, "thinkingLevel")
  const thinks = (effort: Effort) => ({ effort, showsThoughts: at(config, "includeThoughts") === true })
  if (budget !== undefined && level !== undefined) {
    return invalid("You can only set only one of thinking budget and thinking level.")
  }
  if (thinking._tag === "Levels") {
    const found = thinking.levels.find((known) => known === level)
    if (level !== undefined && found === undefined) {
      return invalid(`Thinking level ${level} is not supported for this model. Please retry with other thinking level.`)
    }
    // Taken for what it was before there were levels.
    return thinks(budget === undefined ? efforts[found ?? thinking.usual] : effortOf(budget, thinking.usual))
  }
  if (level !== undefined) return invalid("Thinking level is not supported for this model.")
  if (budget === undefined) return thinks(thinking.usual)
  if (budget === -1) return thinks("medium")
  if (budget === 0) {
    return thinking.off ? thinks("none") : invalid("Budget 0 is invalid. This model only works in thinking mode.")
  }
  return budget < thinking.least || budget > thinking.most
    ? invalid(
      `The thinking budget ${budget} is invalid. Please choose a value between ${thinking.least} and ${thinking.most}.`
        + ` (models/${id})`
    )
    : thinks(effortOf(budget, "MEDIUM"))
}

const effortOf = (budget: number, usual: Level): Effort => {
  if (budget < 0) return efforts[usual]
  if (budget <= 512) return "minimal"
  if (budget <= 4096) return "low"
  return budget <= 12_288 ? "medium" : "high"
}

type Tools = Pick<Rules, "tools" | "toolChoice" | "search" | "tellsInvocations">

const toolsOf = (body: JsonObject, model: Model): Tools | Problem => {
  const given = listAt(body, "tools")
  const declared = given.flatMap((tool) => listAt(tool, "functionDeclarations"))
  const tools = declared.map((definition) => ({
    name: stringAt(definition, "name") ?? "",
    parameters: at(definition, "parametersJsonSchema") ?? at(definition, "parameters"),
    custom: false
  }))
  const odd = tools.find(({ name }) => !/^[a-zA-Z_][\w.:-]{0,127}$/.test(name))
  if (odd !== undefined) {
    return invalid(
      "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores "
        + `(_), dots (.), colons (:), or dashes (-), with a maximum length of 128. [${odd.name}]`
    )
  }
  const names = tools.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) return invalid(`Duplicate function declaration found: ${twice}`)
  const unserved = given.flatMap((tool) => isObject(tool) ? Object.keys(tool) : [])
    .find((kind) => kind !== "functionDeclarations" && kind !== "googleSearch")
  if (unserved !== undefined) return invalid(`The sandbox doesn't serve ${unserved}.`)
  const searches = given.some((tool) => objectAt(tool, "googleSearch") !== undefined)
  const config = objectAt(body, "toolConfig")
  const tellsInvocations = at(config, "includeServerSideToolInvocations") === true
  if (searches && tools.length > 0) {
    if (!model.mixesTools) return invalid("Tool use with function calling is unsupported by the model.")
    if (!tellsInvocations) {
      return invalid(
        "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."
      )
    }
  }
  const choice = choiceOf(objectAt(config, "functionCallingConfig"), names)
  if (isProblem(choice)) return choice
  return {
    ...choice,
    tools: choice.allowed === undefined ? tools : tools.filter(({ name }) => choice.allowed?.includes(name)),
    search: searches ? { domain: "example.com", cite: "claim" } : undefined,
    tellsInvocations
  }
}

const choiceOf = (
  config: JsonObject | undefined,
  names: ReadonlyArray<string>
): { readonly toolChoice: ToolChoice; readonly allowed: ReadonlyArray<string> | undefined } | Problem => {
  const mode = stringAt(config, "mode") ?? "AUTO"
  const listed = listAt(config, "allowedFunctionNames").filter((name) => typeof name === "string")
  const allowed = listed.length === 0 ? undefined : listed
  if (allowed !== undefined && mode !== "ANY" && mode !== "VALIDATED") {
    return invalid("Allowed function names should only be set when function calling mode is ANY or VALIDATED.")
  }
  const stray = allowed?.find((name) => !names.includes(name))
  if (stray !== undefined) return invalid(`Allowed function name ${stray} is not among the declared functions.`)
  if (mode === "ANY" && names.length === 0) {
    return invalid("Function calling config is set without function_declarations.")
  }
  return { toolChoice: mode === "NONE" ? "none" : mode === "ANY" ? "required" : "auto", allowed }
}

const schemaOf = (config: JsonObject | undefined): Pick<Rules, "schema"> | Problem => {
  const given = at(config, "responseJsonSchema") ?? at(config, "responseSchema")
  const isJson = stringAt(config, "responseMimeType") === "application/json"
  if (given !== undefined && !isJson) {
    return invalid("response_json_schema requires response_mime_type to be application/json.")
  }
  if (at(config, "responseJsonSchema") !== undefined && at(config, "responseSchema") !== undefined) {
    return invalid("Only one of response_schema and response_json_schema can be set.")
  }
  return { schema: isJson ? given ?? {} : undefined }
}
