/**
 * Perplexity, from the code of `@perplexity-ai/perplexity_ai@0.38.5` and docs.perplexity.ai (2026-11-23); rates written by
 * hand.
 *
 * Its errors are unverified, and so is that nothing is charged for a search that is switched off. Deep research counts
 * what it thinks and cites beside the rest.
 */
import { at, stringAt } from "../Json.ts"
import { any, array, boolean, decimal, integer, object, oneOf, string, stringOr } from "../Shape.ts"
import { card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"
import { problem } from "../openai/Problem.ts"

const sizes: Readonly<Record<string, readonly [bigint, bigint]>> = {
  low: [5n, 6n],
  medium: [8n, 10n],
  high: [12n, 14n]
}
const perThousand = 1_000_000_000n

const sizeOf = (body: unknown): string => stringAt(at(body, "web_search_options"), "search_context_size") ?? "low"

const model = { cache: uncached }

export const perplexity: Vendor = {
  provider: "perplexity",
  basePath: "/perplexity",
  models: [
    { ...model, id: "sonar", reasoning: false, vision: false, maxInput: 128_000, card: card(1, 1, 1) },
    { ...model, id: "sonar-pro", reasoning: false, vision: true, maxInput: 200_000, card: card(3, 3, 15) },
    { ...model, id: "sonar-reasoning-pro", reasoning: true, vision: true, maxInput: 128_000, card: card(2, 2, 8) },
    // Its bill is that of the others: what it does is scripted.
    { ...model, id: "sonar-deep-research", reasoning: true, vision: false, maxInput: 128_000, card: card(2, 2, 8) }
  ],
  params: {
    max_tokens: integer({ min: 1, max: 128_000 }),
    temperature: decimal({ min: 0, max: 2 }),
    top_p: decimal({ min: 0, max: 1 }),
    stop: stringOr(array(string)),
    reasoning_effort: oneOf("minimal", "low", "medium", "high"),
    response_format: jsonSchemaFormat,
    search_mode: oneOf("web", "academic", "sec"),
    search_domain_filter: array(string, { max: 20 }),
    search_recency_filter: oneOf("hour", "day", "week", "month", "year"),
    disable_search: boolean,
    return_images: boolean,
    return_related_questions: boolean,
    web_search_options: object({
      search_context_size: oneOf("low", "medium", "high"),
      search_type: string,
      user_location: object({
        city: string,
        region: string,
        country: string,
        latitude: decimal(),
        longitude: decimal()
      })
    }),
    stream_mode: oneOf("full", "concise")
  },
  assistant: {},
  toolChoice: any,
  thinking: (body, { reasoning }) => {
    const effort = stringAt(body, "reasoning_effort")
    if (!reasoning) return effort === undefined ? undefined : problem(400, "This model does not reason.")
    return effort === "minimal" || effort === "low" || effort === "high" ? effort : "medium"
  },
  check: (body) => at(body, "tools") === undefined ? undefined : problem(400, "Tools are not supported by this model."),
  search: (body) =>
    at(body, "disable_search") === true ? undefined : { domain: "news.example.com", cite: "claim", forced: true },
  searchRate: (body, { id }) => {
    const [cheap, dear] = sizes[sizeOf(body)] ?? [0n, 0n]
    return (id === "sonar" ? cheap : dear) * perThousand
  },
  foundBeside: ({ citations }) =>
    citations.length === 0
      ? {}
      : {
        citations: citations.map(({ url }) => url),
        search_results: citations.map(({ title, url }) => ({
          title,
          url,
          date: "2026-01-02",
          last_updated: null,
          snippet: "…",
          source: "web"
        }))
      },
  thoughts: () => ({}),
  usage: ({ body, input, output, searches, usd }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    search_context_size: sizeOf(body),
    num_search_queries: searches,
    citation_tokens: null,
    reasoning_tokens: null,
    cost: { request_cost: 0, total_cost: usd }
  }),
  streamUsage: "with finish",
  members: ({ streams }) => ({ object: streams ? "chat.completion.chunk" : "chat.completion" }),
  idPrefix: "px-",
  error: ({ code, message, status, type }) => ({ error: { message, type: code ?? type, code: status } }),
  cache: { minimumTokens: 1024, ttlMillis: 0 }
}
