import { describe } from "@effect/vitest"
import * as Mistral from "loom-router/providers/Mistral"
import { at, contract } from "./contract.ts"

/** The words of the wire for what the SDK calls otherwise. */
const wireOf = (native: unknown): unknown =>
  JSON.parse(
    JSON.stringify(native, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
          Object.entries(value).map((
            [name, member]
          ) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), member])
        )
        : value)
  )

describe("Chat Completions", () => {
  contract({
    key: "mistral",
    apiKeyEnv: "MISTRAL_API_KEY",
    providers: (sandbox) => ({ mistral: Mistral.layer({ baseUrl: sandbox.baseUrl("mistral") }) }),
    models: { text: "mistral-large-2512", answersAs: "mistral-large-2512", reasoning: "mistral-medium-2604" },
    wire: {
      system: (body) => at(body, "messages", 0, "content"),
      maxOutputTokens: (body) => body["max_tokens"]
    },
    native: {
      options: { metadata: { team: "weavers" }, n: 1 },
      idOf: (native) => at(native, "id"),
      wireOf
    },
    can: {
      promptCache: { from: 1024 },
      pdf: "data and address",
      stop: (body) => body["stop"],
      temperature: (body) => body["temperature"],
      topP: (body) => body["top_p"],
      seed: (body) => body["random_seed"],
      presencePenalty: (body) => body["presence_penalty"],
      frequencyPenalty: (body) => body["frequency_penalty"],
      recursion: true,
      filters: false,
      countsReasoning: false,
      seal: (part) => {
        const seal = at(part.options, "mistral", "signature")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})
