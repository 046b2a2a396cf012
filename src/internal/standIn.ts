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

interface Leaving {
  /** Names the other model already. */
  readonly request: Request.Request
  /** The model that the call was made for. */
  readonly first: Model
  /** Params that are given for the other model. */
  readonly own: Request.Params
  /** What is left out is added to it. */
  readonly warnings: Array<string>
}

/**
 * Leaves out of a request what was meant for the first model: options of its vendor, its thoughts, what its vendor's
 * tools have made.
 *
 * Fails with `Unsupported` where nothing of the sort would be left of what was asked: a tool that only one vendor runs,
 * more context than the other one has.
 */
export const translate = (leaving: Leaving): Effect.Effect<Request.Request, GenerateError> => {
  const { first, request, warnings } = leaving
  const { model } = request
  const unsupported = (feature: string, detail: string) =>
    Effect.fail(Request.fail(request, new Unsupported({ feature, detail })))
  const isAbroad = model.provider !== first.provider
  const tool = isAbroad ? request.tools.find(isVendors) : undefined
  if (tool !== undefined) return unsupported("tools", `${tool.name} is a tool that ${first.provider} runs`)

  for (const name of isAbroad ? Object.keys(request.native) : []) {
    warnings.push(`native.${name} was left out: it is for ${first.provider}`)
  }
  const translated = {
    ...request,
    native: isAbroad ? {} : request.native,
    params: paramsFor(leaving),
    prompt: promptFor(request.prompt, isAbroad ? first.provider : undefined, warnings)
  }
  const needed = Request.estimateUsage(translated, 0).inputUncached + (translated.params.maxOutputTokens ?? 0)
  return model.context !== undefined && needed > model.context
    ? unsupported("context", `about ${needed} tokens are needed, and the model takes ${model.context}`)
    : Request.checked(translated)
}

const isVendors = (tool: Tool.Any): boolean => hasProperty(tool, "providerName")

/**
 * A service tier and a quality are words of their vendor's; most models that reason take no sampling parameters. What the other model has
 * of its own, or by default, stays.
 */
const paramsFor = ({ first, own, request: { model, params }, warnings }: Leaving): Request.Params => {
  const { defaults } = model
  const left: Array<readonly [string, unknown]> = []
  const leave = (why: string, ...names: ReadonlyArray<keyof Request.Params>) => {
    for (const name of names) {
      if (params[name] === undefined || own[name] !== undefined || params[name] === defaults[name]) continue
      left.push([name, defaults[name]])
      warnings.push(`${name} was left out: ${why}`)
    }
  }
  if (model.provider !== first.provider) {
    leave(`it is a tier of ${first.provider}'s`, "serviceTier")
    leave(`it is a word of ${first.provider}'s`, "quality")
  }
  if (model.capabilities.reasoning === true && first.capabilities.reasoning !== true) {
    leave(`${model.id} reasons`, "temperature", "topP")
  }
  return left.length === 0 ? params : { ...params, ...Object.fromEntries(left) }
}

/** Thoughts belong to the model that had them; options and what a vendor's tool has done, to the vendor that is left. */
const promptFor = (prompt: Prompt.Prompt, leftVendor: string | undefined, warnings: Array<string>): Prompt.Prompt => {
  let thoughts = 0
  let results = 0
  let options = 0
  const bare = <A extends { readonly options: Prompt.ProviderOptions }>(one: A): A => {
    if (leftVendor === undefined || !Object.hasOwn(one.options, leftVendor)) return one
    options++
    const { [leftVendor]: _, ...rest } = one.options
    return { ...one, options: rest }
  }
  const stays = (part: Exclude<Prompt.Message["content"], string>[number]): boolean => {
    if (part.type === "reasoning") {
      thoughts++
      return false
    }
    const isVendors = leftVendor !== undefined && (part.type === "tool-call" || part.type === "tool-result") &&
      part.providerExecuted
    if (isVendors) results++
    return !isVendors
  }
  const messages = prompt.content.flatMap((message): ReadonlyArray<Prompt.Message> => {
    const own = bare(message)
    switch (own.role) {
      case "system":
        return [own]
      case "user":
        return [{ ...own, content: own.content.map(bare) }]
      case "assistant": {
        const content = own.content.filter(stays)
        return content.length === 0 && own.content.length > 0 ? [] : [{ ...own, content: content.map(bare) }]
      }
      case "tool": {
        const content = own.content.filter(stays)
        return content.length === 0 && own.content.length > 0 ? [] : [{ ...own, content: content.map(bare) }]
      }
    }
  })
  if (thoughts > 0) warnings.push("the reasoning in the conversation was left out: it belongs to the model that had it")
  if (results > 0) warnings.push("what a vendor's own tools have done in the conversation was left out")
  if (options > 0) warnings.push(`options in the prompt were left out: they are for ${leftVendor}`)
  return thoughts + results + options === 0 ? prompt : Prompt.fromMessages(messages)
}
