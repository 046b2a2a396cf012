import type { Effect, Layer, Scope } from "effect"
import { Loom, Transport } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Transport", () => {
  it("gives a fetch that is bound to one address", () => {
    expectTypeOf(Transport.layer()).toEqualTypeOf<Layer.Layer<Transport.Transport>>()
    expectTypeOf(Transport.make()).toEqualTypeOf<
      Effect.Effect<Transport.Transport["Service"], never, Scope.Scope>
    >()
    expectTypeOf<Transport.Transport["Service"]["vendor"]>().toEqualTypeOf<
      (options: Transport.VendorOptions) => Transport.Fetch
    >()
    // What takes a `fetch` takes it.
    expectTypeOf<Transport.Fetch>().toExtend<typeof fetch>()
    expectTypeOf(Transport.findError(null)).toEqualTypeOf<Transport.TransportError | undefined>()
  })

  it("knows its options", () => {
    void Loom.layer({ transport: { connections: 64, keepAlive: "10 seconds" } })
    // @ts-expect-error that is no duration
    void Loom.layer({ transport: { keepAlive: "long" } })
    // @ts-expect-error an address is needed
    const wrong: Transport.VendorOptions = { provider: "newco" }
    void wrong
  })
})
