import { Effect } from "effect"
import OpenAI, { APIError } from "openai"
import { type Options, Sandbox } from "../../src/sandbox/Sandbox.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  readonly openai: OpenAI
  /** A client of the same sandbox with another key or other headers. */
  readonly client: (options?: { readonly apiKey?: string; readonly headers?: Record<string, string> }) => OpenAI
}

/** Runs a test against a sandbox of its own, with the real SDK pointed at it. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const client: Driven["client"] = ({ apiKey = "sk-test-0123456789abcd", headers } = {}) =>
      new OpenAI({
        apiKey,
        baseURL: sandbox.baseUrl("openai"),
        maxRetries: 0,
        logLevel: "off",
        ...(headers === undefined ? {} : { defaultHeaders: headers })
      })
    return yield* Effect.gen(() => body({ sandbox, openai: client(), client }))
  }).pipe(Effect.provide(Sandbox.layer(options)))

export const call = <A>(run: () => PromiseLike<A>) => Effect.promise(() => Promise.resolve(run()))

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

export const collect = <A>(open: () => PromiseLike<AsyncIterable<A>>) =>
  call(async () => {
    const items: Array<A> = []
    for await (const item of await open()) items.push(item)
    return items
  })

/** What a stream gave before it failed, and how. */
export const collectUntilFailure = <A>(open: () => PromiseLike<AsyncIterable<A>>) =>
  call(async () => {
    const items: Array<A> = []
    try {
      for await (const item of await open()) items.push(item)
      return { items, error: undefined }
    } catch (error) {
      return { items, error: error instanceof Error ? error : new Error(String(error)) }
    }
  })

/** `n` tokens of text, exactly: one letter each. */
export const tokens = (n: number, letter = "a") => letter + ` ${letter}`.repeat(n - 1)

export const textOf = (events: ReadonlyArray<OpenAI.Responses.ResponseStreamEvent>) =>
  events.map((event) => event.type === "response.output_text.delta" ? event.delta : "").join("")

export const chatTextOf = (chunks: ReadonlyArray<OpenAI.ChatCompletionChunk>) =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")

/** The items of an answer that go back into the next request. */
export const asInput = (output: ReadonlyArray<OpenAI.Responses.ResponseOutputItem>) =>
  output.filter((item) => item.type === "message" || item.type === "reasoning" || item.type === "function_call")

/** A request without the SDK. */
export const json = (url: string, init?: RequestInit) =>
  call(async () => {
    const response = await fetch(url, init)
    return { status: response.status, body: JSON.parse(await response.text()) }
  })
