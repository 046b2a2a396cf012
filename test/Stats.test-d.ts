import type { Effect, Layer } from "effect"
import { type CallLog, Stats } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Stats", () => {
  it("asks a log for figures", () => {
    expectTypeOf(Stats.layer({ path: "./calls.db" })).toEqualTypeOf<Layer.Layer<Stats.Stats>>()
    const overview = Stats.overview({ range: "1h", filters: { provider: "openai" } })
    expectTypeOf<Effect.Error<typeof overview>>().toEqualTypeOf<CallLog.ReadError>()
    expectTypeOf<Effect.Services<typeof overview>>().toEqualTypeOf<Stats.Stats>()
    expectTypeOf<Effect.Success<typeof overview>["calls"]["total"]>().toEqualTypeOf<number>()
    void Stats.series({ range: { since: 0, until: 10 }, by: "model", top: 3 })
    void Stats.spending({ by: "tag", tagKey: "tenant" })
  })

  it("fails in types", () => {
    // @ts-expect-error there is no such range
    void Stats.overview({ range: "a while" })
    // @ts-expect-error it isn't grouped by that
    void Stats.series({ by: "weather" })
    // @ts-expect-error a range begins somewhere
    void Stats.overview({ range: { until: 10 } })
  })
})
