import { Coalescing, Generator, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Coalescing", () => {
  it("gives the two methods that it takes", () => {
    const fake = Generator.fake(() => "Hi")
    expectTypeOf(Coalescing.make(fake)).toEqualTypeOf<Coalescing.Methods>()
    expectTypeOf(fake.pipe(Generator.coalesced)).toEqualTypeOf<Generator.Generator>()
    expectTypeOf<Generator.Generator>().toExtend<Coalescing.Methods>()
    // @ts-expect-error both methods are needed
    Coalescing.make({ generate: fake.generate })
  })

  it("is switched off by a boolean", () => {
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", coalesce: false })
    // @ts-expect-error it is on or off
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", coalesce: "1 second" })
  })
})
