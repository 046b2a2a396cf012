import { CallKey, type Request } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("CallKey", () => {
  it("is a text, or nothing where a request has none", () => {
    expectTypeOf(CallKey.of).toEqualTypeOf<(request: Request.Request) => string | undefined>()
    expectTypeOf(CallKey.differences).returns.toEqualTypeOf<ReadonlyArray<string>>()
    // @ts-expect-error options are no request
    CallKey.of({ model: "openai/gpt-4o-mini", prompt: "Hi" })
  })
})
