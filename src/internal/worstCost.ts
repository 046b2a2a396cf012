/**
 * What an attempt may cost at worst, and the tokens it may take, before it is sent: estimates that mean to be too high.
 */
import * as Predicate from "effect/Predicate"
import type * as Prompt from "effect/ai/Prompt"
import * as Cost from "../Cost.ts"
import * as Price from "../Price.ts"
import type { Request } from "../Request.ts"
import * as Usage from "../Usage.ts"
import { pixelsOf } from "./imageSize.ts"
import { json, promptSize } from "./promptSize.ts"
import { askedOf } from "./webSearch.ts"

/** English has four bytes a token and more, JSON and digits two to three, Chinese two to three. */
const bytesPerToken = 2
/** What surrounds a message. */
const tokensPerMessage = 16
const tokensPerTool = 500
const tokensPerSchema = 1000
const tokensPerFile = 3000
const bytesPerFileToken = 16
/** What a square of 1024 pixels takes at the highest of the usual qualities. */
const tokensPerImage = 8000
const tokensPerBestImage = 16_000
/** As large as a vendor's own choice is, about: where nobody says, a price by size is taken for this. */
const usualSide = 2048
/** Nobody tells beforehand how often a model searches; most do once or twice. */
const searches = 5
const tokensPerSearch = 10_000

/** In 1e-12 USD; `undefined` where no price is known. `outputTokens` where nothing else says how long an answer may be. */
export const worstCost = (request: Request, at: number, outputTokens: number): bigint | undefined => {
  const { modality, model, params } = request
  const price = Price.at(model.prices, at)
  if (price === undefined) return undefined
  const found = searchesOf(request)
  const input = inputTokens(request) + found * tokensPerSearch
  if (modality === "image") return worstOfImages(request, price, input, at)
  const rates = Price.ratesFor(price, input)
  const answers = answersOf(request)
  const output = answers * (statedOutput(request) ?? model.maxOutput ?? outputTokens)
  const ttl = mayWriteCache(request) ? dearestWrite(rates) : undefined
  const usage = Usage.make({
    ...(ttl === undefined ? { inputUncached: input } : { cacheWrite: { [ttl]: input } }),
    ...((rates.reasoningOutput ?? 0) > (rates.output ?? 0)
      ? { outputReasoning: output }
      : { outputText: output }),
    ...(found === 0 || price.perRequest["web_search"] === undefined ? undefined : { requests: { web_search: found } })
  })
  const plain = Cost.of(model, usage, { at }).picoUsd
  if (plain === undefined || params.serviceTier === undefined) return plain === undefined ? undefined : BigInt(plain)
  // A vendor may answer with its usual tier where a cheaper one was asked for.
  const tiered = Cost.of(model, usage, { at, serviceTier: params.serviceTier }).picoUsd
  return tiered === undefined ? undefined : BigInt(Math.max(plain, tiered))
}

/** By tokens where they have a price, else by the piece. Pictures to start from are among the input, and count apart. */
const worstOfImages = (request: Request, price: Price.Price, input: number, at: number): bigint | undefined => {
  const { params: { quality, size }, model, prompt } = request
  const rates = Price.ratesFor(price, input)
  const count = answersOf(request)
  const sides = size === undefined ? { width: usualSide, height: usualSide } : pixelsOf(size)
  const each = quality === "xhigh" || quality === "max" ? tokensPerBestImage : tokensPerImage
  const pixels = size === undefined ? 1 : Math.max(1, (sides.width * sides.height) / 1_048_576)
  const files = prompt.content.flatMap((message) =>
    message.role === "user" ? message.content.filter((part) => part.type === "file") : []
  )
  const imageInput = rates.imageInput === undefined ? 0 : files.reduce((sum, file) => sum + fileTokens(file), 0)
  const usage = Usage.make({
    inputUncached: input - imageInput,
    imageInput,
    // Sold by the megapixel, as a rule: four are the most that vendors take.
    inputImages: files.length * 4,
    ...(rates.imageOutput === undefined
      ? { images: [{ count, ...sides, ...(quality === undefined ? undefined : { quality }) }] }
      : { imageOutput: Math.ceil(count * each * pixels) })
  })
  const { picoUsd } = Cost.of(model, usage, { at })
  return picoUsd === undefined ? undefined : BigInt(picoUsd)
}

/** An estimate of all the tokens that a request takes, where each answer has so many unless the request says. */
export const estimatedTokens = (request: Request, outputTokens: number): number =>
  inputTokens(request) + answersOf(request) * (statedOutput(request) ?? outputTokens)

const answersOf = ({ native, params: { n } }: Request): number => counted(native["n"]) ?? n ?? 1

const statedOutput = ({ native, params }: Request): number | undefined =>
  counted(native["max_output_tokens"]) ?? counted(native["max_completion_tokens"]) ?? counted(native["max_tokens"]) ??
    params.maxOutputTokens

const counted = (value: unknown): number | undefined =>
  Predicate.isNumber(value) && Number.isSafeInteger(value) && value >= 0 ? value : undefined

/** Where it pays to ask, what is written to a vendor's cache costs more than what isn't. */
const dearestWrite = ({ cacheWrite, input = 0 }: Price.Rates): string | undefined => {
  if (cacheWrite === undefined || cacheWrite === "input") return undefined
  let dearest: string | undefined
  let most = input
  for (const [ttl, rate] of Object.entries(cacheWrite)) {
    if (rate > most) [dearest, most] = [ttl, rate]
  }
  return dearest
}

const searchesOf = ({ params }: Request): number => {
  const asked = askedOf(params)
  return asked === undefined ? 0 : asked.maxUses ?? searches
}

const mayWriteCache = ({ native, params, prompt }: Request): boolean =>
  Object.keys(native).length > 0 || (params.promptCache !== undefined && params.promptCache !== false) ||
  prompt.content.some((message) =>
    hasOptions(message) || (message.role !== "system" && message.content.some(hasOptions))
  )

const hasOptions = ({ options }: { readonly options: object }): boolean => Object.keys(options).length > 0

const inputTokens = (request: Request): number => {
  const { native, object, tools } = request
  const { bytes, files, messages } = promptSize(request)
  const nativeBytes = Object.keys(native).length === 0 ? 0 : Buffer.byteLength(json(native))
  return (object === undefined ? 0 : tokensPerSchema) + tools.length * tokensPerTool + messages * tokensPerMessage +
    files.reduce((sum, file) => sum + fileTokens(file), 0) + Math.ceil((bytes + nativeBytes) / bytesPerToken)
}

const fileTokens = ({ data, mediaType }: Prompt.FilePart): number => {
  const bytes = data instanceof URL ? 0 : typeof data === "string" ? Buffer.byteLength(data) : data.byteLength
  return mediaType.startsWith("text/") && bytes > 0
    ? Math.ceil(bytes / bytesPerToken)
    : Math.max(tokensPerFile, Math.ceil(bytes / bytesPerFileToken))
}
