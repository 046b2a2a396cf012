import {
  ApiError,
  type GenerateContentConfig,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI
} from "@google/genai"
import { Effect } from "effect"
import { type Options, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { call, collect } from "../driven.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  readonly gemini: GoogleGenAI
  readonly client: (apiKey: string) => GoogleGenAI
}

/** Runs a test against a sandbox of its own, with the real SDK pointed at it. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const client = (apiKey: string) =>
      new GoogleGenAI({ apiKey, enterprise: false, httpOptions: { baseUrl: sandbox.baseUrl("gemini") } })
    return yield* Effect.gen(() => body({ sandbox, gemini: client("test-0123456789abcd"), client }))
  }).pipe(Effect.provide(Sandbox.layer(options)))

/** The SDK's error of a call that must fail: its message is the body. */
export const failure = (run: () => PromiseLike<unknown>) =>
  call(async () => {
    try {
      await run()
    } catch (error) {
      if (error instanceof ApiError) return { status: error.status, body: JSON.parse(error.message) }
      throw error
    }
    throw new Error("The call succeeded.")
  })

/** A request that only says something: most models think unless told otherwise. */
export const saying = (
  text: string,
  config: GenerateContentConfig = {},
  model = "gemini-2.5-flash-lite"
): GenerateContentParameters => ({
  model,
  contents: [{ role: "user", parts: [{ text }] }],
  config: { automaticContinuation: false, ...config }
})

export const chunksOf = (gemini: GoogleGenAI, asked: GenerateContentParameters) =>
  collect(() => gemini.models.generateContentStream(asked))

export const partsOf = (reply: GenerateContentResponse | undefined) => reply?.candidates?.[0]?.content?.parts ?? []

export const textOf = (chunks: ReadonlyArray<GenerateContentResponse>): string =>
  chunks.flatMap(partsOf).map(({ text = "", thought }) => thought === true ? "" : text).join("")
