/**
 * What Cohere's chat takes and gives on the wire, as far as Loom writes and reads it: `native` in options and answers.
 *
 * Read 2026-11-23 from cohere-ai@8.1.0, whose types these follow with the names of the wire.
 *
 * @since 1.0.0
 */

/** A piece of a message's content. */
export type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string; readonly detail?: string } }

/** A call of a tool. */
export interface ToolCall {
  readonly id: string
  readonly type: "function"
  readonly function: { readonly name: string; readonly arguments: string }
}

/** A message, by who says it. */
export type Message =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: ReadonlyArray<Content> }
  | {
    readonly role: "assistant"
    readonly content?: ReadonlyArray<Content>
    readonly tool_plan?: string
    readonly tool_calls?: ReadonlyArray<ToolCall>
  }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string }

/** What `POST /v2/chat` takes. */
export interface ChatRequest {
  readonly model: string
  readonly messages: ReadonlyArray<Message>
  readonly stream: boolean
  readonly max_tokens?: number
  readonly temperature?: number
  readonly p?: number
  readonly k?: number
  readonly seed?: number
  readonly stop_sequences?: ReadonlyArray<string>
  readonly frequency_penalty?: number
  readonly presence_penalty?: number
  readonly logprobs?: boolean
  readonly priority?: number
  readonly tools?: ReadonlyArray<{
    readonly type: "function"
    readonly function: { readonly name: string; readonly description?: string; readonly parameters: object }
  }>
  readonly strict_tools?: boolean
  readonly tool_choice?: "REQUIRED" | "NONE"
  readonly thinking?: { readonly type: "enabled" | "disabled"; readonly token_budget?: number }
  readonly response_format?: { readonly type: "text" | "json_object"; readonly json_schema?: object }
  readonly documents?: ReadonlyArray<string | { readonly id?: string; readonly data: object }>
  readonly citation_options?: { readonly mode: "FAST" | "ACCURATE" | "OFF" }
  readonly safety_mode?: "CONTEXTUAL" | "STRICT" | "OFF"
}

/** What it answers. */
export interface ChatReply {
  readonly id: string
  readonly finish_reason: string
  readonly message: {
    readonly role: "assistant"
    readonly content?: ReadonlyArray<Content>
    readonly tool_plan?: string
    readonly tool_calls?: ReadonlyArray<ToolCall>
    readonly citations?: ReadonlyArray<object>
  }
  readonly usage?: {
    readonly billed_units?: { readonly input_tokens?: number; readonly output_tokens?: number }
    readonly tokens?: { readonly input_tokens?: number; readonly output_tokens?: number }
    readonly cached_tokens?: number
  }
}
