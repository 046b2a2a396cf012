import Anthropic, { APIError } from "@anthropic-ai/sdk"
import { Effect } from "effect"
import { type Options, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { call } from "../driven.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  readonly anthropic: Anthropic
  /** A client of the same sandbox with another key or other headers. */
  readonly client: (
    options?: { readonly apiKey?: string; readonly headers?: Record<string, string | null> }
  ) => Anthropic
}

/** Runs a test against a sandbox of its own, with the real SDK pointed at it. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const client: Driven["client"] = ({ apiKey = "sk-ant-test-0123456789abcd", headers = {} } = {}) =>
      new Anthropic({
        apiKey,
        baseURL: sandbox.baseUrl("anthropic"),
        maxRetries: 0,
        timeout: 60_000,
        logLevel: "off",
        openTelemetry: false,
        defaultHeaders: headers
      })
    return yield* Effect.gen(() => body({ sandbox, anthropic: client(), client }))
  }).pipe(Effect.provide(Sandbox.layer(options)))

/** The SDK's error of a call that must fail. */
export const failure = (run: () => PromiseLike<unknown>) =>
  call(async () => {
    try {
      await run()
    } catch (error) {
      if (error instanceof APIError) return error
      throw error
    }
    throw new Error("The call succeeded.")
  })

export type Body = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">

/** A request that only says something: most models think unless told otherwise. */
export const saying = (content: string, rest: Partial<Body> = {}): Body => ({
  model: "claude-haiku-4-5",
  max_tokens: 4096,
  messages: [{ role: "user", content }],
  ...rest
})

export const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => block.type === "text" ? block.text : "").join("")

export const streamedText = (events: ReadonlyArray<Anthropic.RawMessageStreamEvent>) =>
  events.map((event) =>
    event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : ""
  ).join("")
