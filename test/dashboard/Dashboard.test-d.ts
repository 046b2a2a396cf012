import { Effect, type Layer, Redacted } from "effect"
import type { HttpServer } from "effect/http"
import * as Dashboard from "loom-router/dashboard"
import { describe, expectTypeOf, it } from "vitest"

describe("Dashboard", () => {
  it("is routes for a router, or a server of its own", () => {
    expectTypeOf<HttpServer.HttpServer>().toExtend<Layer.Services<ReturnType<typeof Dashboard.serve>>>()
    expectTypeOf<HttpServer.HttpServer>().not.toExtend<Layer.Services<ReturnType<typeof Dashboard.layer>>>()
    expectTypeOf<Layer.Error<ReturnType<typeof Dashboard.layer>>>().toEqualTypeOf<never>()
    Dashboard.layer({ base: "/loom", access: { token: Redacted.make("…") }, inFlight: Effect.succeed(1) })
    Dashboard.layer({ access: "guarded" })
  })

  it("fails in types", () => {
    // @ts-expect-error a token is Redacted
    Dashboard.layer({ access: { token: "…" } })
    // @ts-expect-error there is no such access
    Dashboard.layer({ access: "everybody" })
    // @ts-expect-error a base begins at the top
    Dashboard.layer({ base: "loom" })
  })
})
