import { Schema } from "effect"
import { Tool } from "effect/ai"
import { type GenerateOptions, Loom, RetryPolicy } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

const asked = { model: "openai/gpt-4o-mini", prompt: "Hi" } as const

describe("options of a call", () => {
  it("take a text, messages, files and tools", () => {
    const stock = Tool.make("look_up_stock", { parameters: Schema.Struct({ yarn: Schema.String }) })
    void Loom.generate({ ...asked, tools: [stock], toolChoice: { tool: "look_up_stock" }, parallelToolCalls: false })
    void Loom.generate({ ...asked, prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] })
    void Loom.generate({
      ...asked,
      prompt: [{ role: "user", content: [{ type: "file", mediaType: "image/png", data: new Uint8Array() }] }]
    })
    // @ts-expect-error a tool is made by Tool.make
    void Loom.generate({ ...asked, tools: [{ name: "look_up_stock" }] })
    // @ts-expect-error there is no such choice
    void Loom.generate({ ...asked, toolChoice: "sometimes" })
    // @ts-expect-error there is no such role
    void Loom.generate({ ...asked, prompt: [{ role: "weaver", content: "Hi" }] })
  })

  it("take what goes for one call", () => {
    void Loom.generate({
      ...asked,
      system: "You weave.",
      timeout: "5 seconds",
      retry: RetryPolicy.none,
      maxAttempts: 3,
      cache: { ttl: "1 hour", scope: "acme", refresh: true },
      tags: { tenant: "acme" },
      promptCache: { ttl: "1h", key: "acme", breakpoints: ["system"] },
      webSearch: { maxUses: 3, allowedDomains: ["example.com"] },
      reasoning: "low"
    })
    void Loom.generate({ ...asked, cache: false, promptCache: true, webSearch: true })
    // @ts-expect-error without a time there is nothing to be on
    void Loom.generate({ ...asked, cache: true })
    // @ts-expect-error a lifetime is in minutes or hours
    void Loom.generate({ ...asked, promptCache: { ttl: "1 day" } })
    // @ts-expect-error there is no such place
    void Loom.generate({ ...asked, promptCache: { breakpoints: ["end"] } })
    // @ts-expect-error there is no such effort
    void Loom.generate({ ...asked, reasoning: "hard" })
    // @ts-expect-error tags are texts
    void Loom.generate({ ...asked, tags: { tenant: 7 } })
    // @ts-expect-error that is no duration
    void Loom.generate({ ...asked, timeout: "soon" })
  })

  it("take what images have", () => {
    void Loom.generate({ model: "openai/gpt-image-2", prompt: "A loom", size: "1024x1024", n: 2, format: "webp" })
    void Loom.generate({ model: "bfl/flux-2-pro", prompt: "A loom", modality: "image", aspectRatio: "16:9" })
    // @ts-expect-error a size is width and height
    void Loom.generate({ model: "openai/gpt-image-2", prompt: "A loom", size: "large" })
    // @ts-expect-error there is no such format
    void Loom.generate({ model: "openai/gpt-image-2", prompt: "A loom", format: "gif" })
  })
})

describe("what is passed on", () => {
  it("knows a vendor's types by its key", () => {
    expectTypeOf<GenerateOptions.Reply<"newco">>().toEqualTypeOf<unknown>()
    expectTypeOf<GenerateOptions.GenerateOptions<"newco">["native"]>().toEqualTypeOf<
      Readonly<Record<string, unknown>> | undefined
    >()
    expectTypeOf<GenerateOptions.RouteOptions>().not.toHaveProperty("failover")
    expectTypeOf<GenerateOptions.RouteOptions>().not.toHaveProperty("model")
    expectTypeOf<GenerateOptions.GenerateOptions>().toExtend<GenerateOptions.Given>()
  })

  it("wants a schema that decodes without a service", () => {
    const options = { ...asked, schema: Schema.Struct({ metres: Schema.NumberFromString }) }
    expectTypeOf(Loom.generateObject(options)).toEqualTypeOf(Loom.generateObject(options))
    // @ts-expect-error that is no schema
    void Loom.generateObject({ ...asked, schema: { type: "object" } })
  })
})
