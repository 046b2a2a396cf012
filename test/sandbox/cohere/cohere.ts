import { Effect } from "effect"
import { type Options, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { call, json } from "../driven.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  /** What is told to a request, which needs no SDK. */
  readonly chat: (body: unknown) => ReturnType<typeof json>
  /** The events of a stream. */
  readonly events: (body: object) => Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>>
}

export const headers = { "authorization": "Bearer some-key", "content-type": "application/json" }

export const post = (body: unknown): RequestInit => ({ method: "POST", headers, body: JSON.stringify(body) })

/** Runs a test against a sandbox of its own. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const url = `${sandbox.baseUrl("cohere")}/v2/chat`
    return yield* Effect.gen(() =>
      body({
        sandbox,
        chat: (body) => json(url, post(body)),
        events: (body) =>
          call(async () => {
            const response = await fetch(url, post({ ...body, stream: true }))
            const frames = (await response.text()).split("\n\n").filter((frame) => frame !== "")
            return frames.map((frame) => {
              const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(frame) ?? []
              const told = JSON.parse(data ?? "{}")
              if (told.type !== event) throw new Error(`${event} tells ${data}`)
              return told
            })
          })
      })
    )
  }).pipe(Effect.provide(Sandbox.layer(options)))

/** A request that only says something. */
export const saying = (content: unknown, rest: Readonly<Record<string, unknown>> = {}) => ({
  model: "command-a-03-2025",
  messages: [{ role: "user", content }],
  ...rest
})
