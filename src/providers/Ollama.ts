/**
 * Ollama, on a machine of one's own, through OpenAI's SDK: it asks for no key, and costs nothing.
 *
 * It is where `OLLAMA_BASE_URL` says, or `OLLAMA_HOST` as Ollama itself reads it, or at `127.0.0.1:11434`. Of its two
 * protocols this is the one that OpenAI's SDK speaks; how long a model stays loaded and how much it reads (`keep_alive`,
 * `num_ctx`) can be asked in the other alone, or set where the server runs.
 *
 * Read 2026-11-23: docs.ollama.com/api/openai-compatibility. That thoughts are in `reasoning` is from memory.
 *
 * @since 1.0.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How an Ollama server is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export type Native = Compatible.Native<{
  readonly reasoning?: { readonly effort?: string | undefined } | undefined
}>

/** What a server listens at is all of the machine's addresses at `0.0.0.0`: it is asked at its own. */
const addressOf = (host: string): string => {
  const bare = host.replace(/\/+$/, "")
  if (/^https?:\/\//.test(bare)) return `${bare.replace(/\/v1$/, "").replace("//0.0.0.0", "//127.0.0.1")}/v1`
  const [, name = "", port = ":11434"] = /^(.*?)(:\d+)?$/.exec(bare) ?? []
  return `http://${name === "" || name === "0.0.0.0" ? "127.0.0.1" : name}${port}/v1`
}

const quirks: Compatible.Quirks = {
  params: {
    maxOutputTokens: "max_tokens",
    temperature: "temperature",
    topP: "top_p",
    stop: "stop",
    seed: "seed",
    presencePenalty: "presence_penalty",
    frequencyPenalty: "frequency_penalty",
    reasoning: Compatible.efforts({
      none: { reasoning_effort: "none" },
      low: { reasoning_effort: "low" },
      medium: { reasoning_effort: "medium" },
      high: { reasoning_effort: "high" }
    }),
    promptCache: (asked) => asked === false ? {} : { dropped: "it keeps what it likes, and nothing is paid for it" }
  },
  strictTools: false,
  toolChoices: [],
  imageLinks: ["data:"],
  thoughts: { text: ["reasoning"], goBack: false }
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const host = yield* Effect.orElseSucceed(Config.NonEmptyString("OLLAMA_HOST"), () => "127.0.0.1")
  return yield* Compatible.vendor({ provider: "ollama", baseUrl: addressOf(host), quirks })(options)
})

/**
 * Provides Ollama as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))
