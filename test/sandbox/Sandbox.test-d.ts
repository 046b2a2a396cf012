import type { Effect, Layer } from "effect"
import { type JournalEntry, Sandbox, type SandboxError } from "loom-router/sandbox"
import { describe, expectTypeOf, it } from "vitest"

type Box = Sandbox["Service"]

describe("Sandbox", () => {
  it("is a layer that may find its port taken", () => {
    expectTypeOf(Sandbox.layer()).toEqualTypeOf<Layer.Layer<Sandbox, SandboxError>>()
    Sandbox.layer({ seed: "loom", port: 0, limits: { openai: { requests: 10 } }, batches: { takes: "1 hour" } })
    expectTypeOf<Box["journal"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<JournalEntry>>>()
    expectTypeOf<Parameters<Box["baseUrl"]>[0]>().toExtend<string>()
    expectTypeOf<"openai" | "anthropic" | "bfl">().toExtend<Parameters<Box["baseUrl"]>[0]>()
  })

  it("fails in types", () => {
    const box = null as unknown as Box
    // @ts-expect-error it doesn't speak for them
    box.baseUrl("newco")
    void box.script({ prompt: "busy", respond: { status: 429 }, times: "always" }, {
      stream: true,
      cut: { afterEvents: 3 }
    })
    // @ts-expect-error there is no such fault
    void box.script({ explode: true })
    // @ts-expect-error an answer has a status
    void box.script({ respond: { body: "gone" } })
    // @ts-expect-error that is no duration
    void box.advance("later")
    // @ts-expect-error it doesn't speak for them
    Sandbox.layer({ limits: { newco: { requests: 10 } } })
  })
})
