/**
 * The chunks in which Gemini streams an answer, decoded, and put together to the reply that it would have been.
 */
import * as Result from "effect/Result"
import * as AiResponse from "effect/ai/Response"
import type { GenerateError } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, ordered } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { unfinished } from "../../internal/replies.ts"
import * as Generate from "./Generate.ts"
import * as Grounding from "./Grounding.ts"
import * as Wire from "./Wire.ts"

type Json = Readonly<Record<string, unknown>>

/** Words that are still growing, as the part they come to. */
interface Block {
  readonly id: string
  readonly part: { text: string; readonly thought?: true; thoughtSignature?: string }
}

/** Decodes the chunks of one stream. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const parts: Array<unknown> = []
  const others = new Map<number, Json>()
  let head: Json = {}
  let candidate: Json | undefined
  let block: Block | undefined
  let namer: Generate.Namer | undefined
  let finished = false

  const close = (out: Array<Generation.Part>, continuationToken?: string) => {
    if (block === undefined) return
    const { id, part } = block
    const seal = Generate.sealOf(part)
    const metadata = continuationToken === undefined ? seal : Generate.withToken(seal, continuationToken)
    out.push(part.thought === true ? Parts.reasoningEnd(id, metadata) : Parts.textEnd(id, metadata))
    block = undefined
  }
  const begin = (thought: boolean, out: Array<Generation.Part>): Block => {
    close(out)
    const part = thought ? { text: "", thought: true as const } : { text: "" }
    const id = String(parts.push(part) - 1)
    out.push(thought ? Parts.reasoningStart(id) : Parts.textStart(id))
    return block = { id, part }
  }
  /** What is signed goes back as it came: it is put together with nothing before or behind it. */
  const words = ({ text = "", thought = false, thoughtSignature }: Generate.Part, out: Array<Generation.Part>) => {
    if (text === "" && thoughtSignature === undefined) return
    const goesOn = block !== undefined && thoughtSignature === undefined && (block.part.thought === true) === thought
      && block.part.thoughtSignature === undefined
    const { id, part } = goesOn && block !== undefined ? block : begin(thought, out)
    if (thoughtSignature !== undefined) part.thoughtSignature = thoughtSignature
    if (text === "") return
    part.text += text
    out.push(thought ? Parts.reasoningDelta(id, text) : Parts.textDelta(id, text))
  }
  const take = (raw: unknown, out: Array<Generation.Part>): GenerateError | undefined => {
    const part = Generate.decodePart(raw)
    if (Result.isFailure(part)) return unreadable(request, part.failure, origin)
    if (Generate.isWords(part.success)) {
      words(part.success, out)
      return undefined
    }
    close(out)
    parts.push(raw)
    namer ??= Generate.namerOf(typeof head.responseId === "string" ? head.responseId : undefined)
    for (const whole of Generate.wholeParts(part.success, raw, namer)) out.push(...streamed(whole))
    return undefined
  }
  const hear = (raw: Json, out: Array<Generation.Part>): GenerateError | undefined => {
    const index = typeof raw.index === "number" ? raw.index : 0
    if (index > 0) {
      others.set(index, joined(others.get(index), raw))
      return undefined
    }
    const { content, ...told } = raw
    candidate = { ...candidate, ...told }
    for (const part of partsIn(content)) {
      const broken = take(part, out)
      if (broken !== undefined) return broken
    }
    return undefined
  }
  const nativeOf = () => ({
    ...head,
    candidates: [
      { ...candidate, content: { role: "model", parts } },
      ...[...others].toSorted(([a], [b]) => a - b).map(([, other]) => other)
    ]
  })
  const finish = (out: Array<Generation.Part>): GenerateError | undefined => {
    const native = nativeOf()
    const whole = Generate.read(request, native, origin)
    if (Result.isFailure(whole)) return whole.failure
    const token = candidate?.continuationToken
    close(out, typeof token === "string" ? token : undefined)
    out.push(...Grounding.sourcesIn(candidate?.groundingMetadata, Grounding.textsIn(parts)))
    finished = true
    out.push(Generation.finish(whole.success.answered))
    return undefined
  }

  return {
    event: (data, out) => {
      const { candidates, ...rest } = data
      head = { ...head, ...rest }
      for (const raw of Array.isArray(candidates) ? candidates.filter(isRecord) : []) {
        const broken = hear(raw, out)
        if (broken !== undefined) return broken
      }
      // The counts come with the reason, and nothing comes behind them but other candidates.
      const isLast = typeof candidate?.finishReason === "string" && isRecord(head.usageMetadata)
      return isLast && others.size === 0 ? finish(out) : undefined
    },
    end: (out) => {
      if (finished) return undefined
      if (typeof candidate?.finishReason === "string") return finish(out)
      close(out)
      out.push(unfinished(request, origin, Generate.warningsOf(request)))
      return undefined
    },
    usage: () => isRecord(head.usageMetadata) ? Wire.metered(head.usageMetadata, 0) : undefined
  }
}

type Whole = ReturnType<typeof Generate.wholeParts>[number]

/** A call comes whole, and is told as one that was written down. */
const streamed = (whole: Whole): ReadonlyArray<Generation.Part> => {
  if (whole.type !== "tool-call" || whole.providerExecuted) return [whole]
  const { id, name, params } = whole
  return [
    AiResponse.makePart("tool-params-start", { id, name, providerExecuted: false }),
    AiResponse.makePart("tool-params-delta", { id, delta: JSON.stringify(ordered(params)) }),
    AiResponse.makePart("tool-params-end", { id }),
    whole
  ]
}

const partsIn = (content: unknown): ReadonlyArray<unknown> =>
  isRecord(content) && Array.isArray(content.parts) ? content.parts : []

/** Another candidate, with the parts of this chunk behind those it had. */
const joined = (before: Json | undefined, chunk: Json): Json => ({
  ...before,
  ...chunk,
  content: { role: "model", parts: [...partsIn(before?.content), ...partsIn(chunk.content)] }
})
