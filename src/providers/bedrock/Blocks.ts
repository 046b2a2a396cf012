/**
 * The blocks of an answer, as Converse gives them: by what they hold, without a tag.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import type * as Generation from "../../Generation.ts"
import { isRecord } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { sourceOf } from "../../internal/replies.ts"

export type Block =
  | {
    readonly type: "text"
    readonly text: string
    readonly pages: ReadonlyArray<{ readonly url: string; readonly title: string | undefined }>
  }
  | { readonly type: "thought"; readonly text: string; readonly seal: AiResponse.ProviderMetadata }
  | {
    readonly type: "call"
    readonly id: string
    readonly name: string
    readonly input: unknown
    readonly own: boolean
  }
  | { readonly type: "other" }

const Cited = Schema.Struct({
  content: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({ text: Schema.optional(Schema.String) })))),
  citations: Schema.optional(Schema.NullOr(Schema.Array(Schema.Unknown)))
})
const Thought = Schema.Union([
  Schema.Struct({
    reasoningText: Schema.Struct({ text: Schema.String, signature: Schema.optional(Schema.NullOr(Schema.String)) })
  }),
  Schema.Struct({ redactedContent: Schema.String })
])
const ToolUse = Schema.Struct({
  toolUseId: Schema.String,
  name: Schema.String,
  input: Schema.Unknown,
  type: Schema.optional(Schema.NullOr(Schema.String))
})
const decodeText = Schema.decodeUnknownResult(Schema.String)
const decodeCited = Schema.decodeUnknownResult(Cited)
const decodeThought = Schema.decodeUnknownResult(Thought)
const decodeToolUse = Schema.decodeUnknownResult(ToolUse)

export const decode = (raw: unknown): Result.Result<Block, Schema.SchemaError> => {
  const block = isRecord(raw) ? raw : {}
  if (block.text !== undefined) return Result.map(decodeText(block.text), (text) => ({ type: "text", text, pages: [] }))
  if (block.citationsContent !== undefined) {
    return Result.map(decodeCited(block.citationsContent), ({ citations, content }) => ({
      type: "text",
      text: (content ?? []).map(({ text }) => text ?? "").join(""),
      pages: (citations ?? []).flatMap(pageOf)
    }))
  }
  if (block.reasoningContent !== undefined) return Result.map(decodeThought(block.reasoningContent), thoughtOf)
  if (block.toolUse === undefined) return Result.succeed({ type: "other" })
  return Result.map(decodeToolUse(block.toolUse), ({ input, name, toolUseId, type }) => ({
    type: "call",
    id: toolUseId,
    name,
    input,
    own: type === "server_tool_use"
  }))
}

const pageOf = (citation: unknown) => {
  const { location, title } = isRecord(citation) ? citation : {}
  const web = isRecord(location) ? location.web : undefined
  return isRecord(web) && typeof web.url === "string"
    ? [{ url: web.url, title: typeof title === "string" ? title : undefined }]
    : []
}

const thoughtOf = (thought: typeof Thought.Type): Block => {
  if ("redactedContent" in thought) {
    return { type: "thought", text: "", seal: { bedrock: { redactedContent: thought.redactedContent } } }
  }
  const { signature, text } = thought.reasoningText
  return { type: "thought", text, seal: signature == null ? {} : { bedrock: { signature } } }
}

/** All of a block. */
export const contentIn = (id: string, block: Block): ReadonlyArray<Generation.Content> => {
  if (block.type === "thought") return [Parts.reasoning(block.text, block.seal)]
  return [...(block.type === "text" && block.text !== "" ? [Parts.text(block.text)] : []), ...wholeParts(id, block)]
}

/** What a block holds that doesn't stream in pieces, besides its text. */
export const wholeParts = (id: string, block: Block) => {
  if (block.type === "text") return block.pages.flatMap(({ title, url }, n) => sourceOf(`${id}:${n}`, url, title))
  if (block.type !== "call") return []
  const { id: callId, input, name, own } = block
  return [AiResponse.makePart("tool-call", { id: callId, name, params: input, providerExecuted: own })]
}
