import type Anthropic from "@anthropic-ai/sdk"
import { type Effect, Layer } from "effect"
import { type GenerateOptions, Generator, Loom, type Providers, type Transport } from "loom-router"
import * as AnthropicVendor from "loom-router/providers/Anthropic"
import * as Azure from "loom-router/providers/Azure"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as OpenAiCompatible from "loom-router/providers/OpenAiCompatible"
import type OpenAI from "openai"
import { describe, expectTypeOf, it } from "vitest"

type Vendor = keyof Providers.Vendors

describe("Vendors", () => {
  it("have a request and a reply of their own, each of them", () => {
    // One that knew nothing of either would be `unknown`.
    expectTypeOf<{ [V in Vendor]: unknown extends Providers.Vendors[V]["reply"] ? V : never }[Vendor]>()
      .toEqualTypeOf<never>()
    expectTypeOf<{ [V in Vendor]: unknown extends Providers.Vendors[V]["request"] ? V : never }[Vendor]>()
      .toEqualTypeOf<never>()
    expectTypeOf<"openai" | "anthropic" | "gemini" | "mistral" | "bedrock" | "cohere" | "xai" | "bfl">().toExtend<
      Vendor
    >()
    expectTypeOf<"newco">().not.toExtend<Vendor>()
  })

  it("are those of their SDKs", () => {
    expectTypeOf<GenerateOptions.Reply<"anthropic">>().toEqualTypeOf<Anthropic.Message>()
    expectTypeOf<Providers.Vendors["anthropic"]["request"]>().toEqualTypeOf<Partial<Anthropic.MessageCreateParams>>()
    expectTypeOf<GenerateOptions.Reply<"deepseek">>().toExtend<OpenAI.Chat.ChatCompletion>()
    expectTypeOf<GenerateOptions.Reply<"azure">>().toEqualTypeOf<GenerateOptions.Reply<"openai">>()
    const claude = Loom.generate({
      provider: "anthropic",
      model: "claude-haiku-4-5",
      prompt: "Hi",
      native: { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 4000 }
    })
    expectTypeOf<Effect.Success<typeof claude>["native"]>().toEqualTypeOf<Anthropic.Message>()
    void Loom.generate({
      provider: "deepseek",
      model: "deepseek-flash",
      prompt: "Hi",
      native: { thinking: { type: "disabled" } }
    })
    void Loom.generate({
      provider: "anthropic",
      model: "claude-haiku-4-5",
      prompt: "Hi",
      // @ts-expect-error its SDK has no such thinking
      native: { thinking: { type: "deep" } }
    })
    void Loom.generate({
      provider: "deepseek",
      model: "deepseek-flash",
      prompt: "Hi",
      // @ts-expect-error it knows on and off
      native: { thinking: { type: "auto" } }
    })
  })
})

describe("a provider's source", () => {
  it("is a Generator, or a Layer of one over Transport", () => {
    expectTypeOf<Generator.Generator>().toExtend<Providers.Source>()
    type Own = Layer.Layer<Generator.Generator, never, Transport.Transport>
    expectTypeOf(OpenAi.layer()).toEqualTypeOf<Own>()
    expectTypeOf(AnthropicVendor.layer({ apiKeyEnv: "CLAUDE_KEY" })).toEqualTypeOf<Own>()
    expectTypeOf(Azure.layer({ resource: "acme" })).toEqualTypeOf<Own>()
    expectTypeOf(OpenAiCompatible.layer({ provider: "newco", baseUrl: "https://api.newco.ai/v1" })).toEqualTypeOf<Own>()
    void Loom.layer({ providers: { openai: OpenAi.layer({ protocol: "chat" }), newco: Generator.fake(() => "Hi") } })
  })

  it("fails in types", () => {
    // @ts-expect-error a key is Redacted
    OpenAi.layer({ apiKey: "sk-123" })
    // @ts-expect-error there is no such protocol
    OpenAi.layer({ protocol: "completions" })
    // @ts-expect-error it has to be somewhere
    OpenAiCompatible.layer({ provider: "newco" })
    // @ts-expect-error a layer of something else answers nothing
    void Loom.layer({ providers: { newco: Layer.empty } })
    // @ts-expect-error a vendor's address is no vendor
    void Loom.layer({ providers: { newco: "https://api.newco.ai/v1" } })
  })
})
