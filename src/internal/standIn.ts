/**
 * A request as another model gets it: without what only the one understands that it was made for.
 */
import * as Effect from "effect/Effect"
import { hasProperty } from "effect/Predicate"
import * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import { type GenerateError, Unsupported } from "../GenerateError.ts"
import type { Model } from "../Model.ts"
import * as Request from "../Request.ts"

/**
 * Leaves out of a request, which names the other model already, what was meant for the first: options of its vendor,
 * its thoughts, what its vendor's tools have made. Adds to `warnings` what that was.
 *
 * Fails with `Unsupported` where nothing of the sort would be left of what was asked: a tool that only one vendor runs,
 * more context than the other one has.
 */
export const translate = (
  request: Request.Request,
  first: Model,
  warnings: Array<string>
): Effect.Effect<Request.Request, GenerateError> => {
  const { model } = request
  const unsupported = (feature: string, detail: string) =>
    Effect.fail(Request.fail(request, new Unsupported({ feature, detail })))
  const isAbroad = model.provider !== first.provider
  const tool = isAbroad ? request.tools.find(isVendors) : undefined
  if (tool !== undefined) return unsupported("tools", `${tool.name} is a tool that ${first.provider} runs`)

  const native = isAbroad ? {} : request.native
  for (const name of Object.keys(request.native)) {
    if (isAbroad) warnings.push(`native.${name} was left out: it is for ${first.provider}`)
  }
  const translated = {
    ...request,
    native,
    params: paramsFor(request, first, warnings),
    prompt: promptFor(request.prompt, isAbroad, warnings)
  }
  const needed = Request.estimateUsage(translated, 0).inputUncached + (translated.params.maxOutputTokens ?? 0)
  return model.context !== undefined && needed > model.context
    ? unsupported("context", `about ${needed} tokens are needed, and the model takes ${model.context}`)
    : Request.checked(translated)
}

const isVendors = (tool: Tool.Any): boolean => hasProperty(tool, "providerName")

/** A service tier is a word of its vendor's; most models that reason take no sampling parameters. */
const paramsFor = ({ model, params }: Request.Request, first: Model, warnings: Array<string>): Request.Params => {
  const { serviceTier, temperature, topP, ...rest } = params
  const tier = { serviceTier }
  const sampling = { temperature, topP }
  const leave = (what: Request.Params, why: string) => {
    for (const [name, value] of Object.entries(what)) {
      if (value !== undefined) warnings.push(`${name} was left out: ${why}`)
    }
    return {}
  }
  return {
    ...rest,
    ...(model.provider === first.provider ? tier : leave(tier, `it is a tier of ${first.provider}'s`)),
    ...(model.capabilities.reasoning === true && first.capabilities.reasoning !== true
      ? leave(sampling, `${model.id} reasons`)
      : sampling)
  }
}

/** Thoughts belong to the model that had them; what a vendor's tool has done, to that vendor. */
const promptFor = (prompt: Prompt.Prompt, isAbroad: boolean, warnings: Array<string>): Prompt.Prompt => {
  let thoughts = 0
  let results = 0
  const messages = prompt.content.flatMap((message): ReadonlyArray<Prompt.Message> => {
    if (message.role !== "assistant") return [message]
    const content = message.content.filter((part) => {
      if (part.type === "reasoning") {
        thoughts++
        return false
      }
      if (!isAbroad || !(part.type === "tool-call" || part.type === "tool-result") || !part.providerExecuted) {
        return true
      }
      results++
      return false
    })
    if (content.length === message.content.length) return [message]
    return content.length === 0 ? [] : [Prompt.assistantMessage({ content, options: message.options })]
  })
  if (thoughts > 0) warnings.push("the reasoning in the conversation was left out: it belongs to the model that had it")
  if (results > 0) warnings.push("what a vendor's own tools have done in the conversation was left out")
  return thoughts + results === 0 ? prompt : Prompt.fromMessages(messages)
}
