import { Mistral } from "@mistralai/mistralai"
import type { ChatCompletionRequest, CompletionChunk } from "@mistralai/mistralai/models/components"
import { MistralError } from "@mistralai/mistralai/models/errors"
import { Effect } from "effect"
import { type Options, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { call } from "../driven.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  readonly mistral: Mistral
  readonly client: (apiKey: string) => Mistral
}

/** Runs a test against a sandbox of its own, with the real SDK pointed at it. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const client = (apiKey: string) => new Mistral({ apiKey, serverURL: sandbox.baseUrl("mistral"), timeoutMs: 60_000 })
    return yield* Effect.gen(() => body({ sandbox, mistral: client("test-0123456789abcd"), client }))
  }).pipe(Effect.provide(Sandbox.layer(options)))

/** The SDK's error of a call that must fail. */
export const failure = (run: () => PromiseLike<unknown>) =>
  call(async () => {
    try {
      await run()
    } catch (error) {
      if (error instanceof MistralError) return error
      throw error
    }
    throw new Error("The call succeeded.")
  })

/** A request that only says something. */
export const saying = (content: string, rest: Partial<ChatCompletionRequest> = {}) => ({
  model: "mistral-large-2512",
  messages: [{ role: "user" as const, content }],
  ...rest
})

export const chunksOf = (mistral: Mistral, request: ChatCompletionRequest) =>
  call(async () => {
    const chunks: Array<CompletionChunk> = []
    for await (const { data } of await mistral.chat.stream({ ...request, stream: true })) chunks.push(data)
    return chunks
  })

export const textOf = (chunks: ReadonlyArray<CompletionChunk>): string =>
  chunks.map(({ choices: [choice] }) => typeof choice?.delta.content === "string" ? choice.delta.content : "").join("")
