import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { type Prompt, Tool } from "effect/ai"
import { Catalog, Cost, type GenerateOptions, Loom, PromptCache, Usage } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { testKey, tokens } from "./providers/contract.ts"
import { inWorld } from "./providers/world.ts"

type Asked = GenerateOptions.GenerateOptions

const at = Date.UTC(2026, 10, 23, 10)

const lookUp = (description = "Looks a word up", parameters: Schema.Struct.Fields = { word: Schema.String }) =>
  Tool.make("look_up", { description, parameters: Schema.Struct(parameters) })
const clock = Tool.make("clock", { description: "Tells the time" })

const image = (byte: number) => {
  const data = new Uint8Array(300).fill(byte)
  data.set([0x89, 0x50, 0x4e, 0x47])
  return data
}

interface Draft {
  readonly model: string
  readonly system: string
  readonly image: Uint8Array
  readonly first: string
  readonly tools: ReadonlyArray<Tool.Any>
  readonly rest: Partial<GenerateOptions.Common>
  readonly talk: (talk: ReadonlyArray<Prompt.MessageEncoded>) => ReadonlyArray<Prompt.MessageEncoded>
}

const draft: Draft = {
  model: "",
  system: `It is 2026-11-23 10:00. You are patient. ${tokens(4500, "w")}`,
  image: image(1),
  first: "What is this?",
  tools: [lookUp(), clock],
  rest: { reasoning: "low", promptCache: true },
  talk: (talk) => talk
}

const conversation = ({ first, image, model, rest, system, talk, tools }: Draft, turns: number): Asked => ({
  provider: model.split("/")[0] ?? "",
  model: model.split("/")[1] ?? "",
  tools,
  ...rest,
  prompt: talk([
    { role: "system", content: system },
    {
      role: "user",
      content: [{ type: "text", text: first }, { type: "file", mediaType: "image/png", data: image }]
    },
    ...Array.from({ length: turns - 1 }, (_, turn): ReadonlyArray<Prompt.MessageEncoded> => [
      { role: "assistant", content: [{ type: "text", text: `That is ${turn}. ${tokens(2000, "x")}` }] },
      { role: "user", content: [{ type: "text", text: `[say: And ${turn}?]` }] }
    ]).flat()
  ])
})

type Mutation = readonly [cause: PromptCache.Cause, at: string, changed: Partial<Draft>]

const mutations = (other: string): ReadonlyArray<Mutation> => [
  ["timestamp", "prompt[0]", { system: draft.system.replace("10:00", "10:05") }],
  ["system", "prompt[0]", { system: draft.system.replace("patient", "very brief") }],
  ["identifier", "prompt[0]", { system: `Session 6fa459ea-ee8a. ${draft.system}` }],
  ["message-edited", "prompt[1].content[0]", { first: "Whatever is that?" }],
  ["file", "prompt[1].content[1]", { image: image(2) }],
  ["tool-schema", "tools.look_up.schema", { tools: [lookUp(undefined, { word: Schema.NonEmptyString }), clock] }],
  ["tool-description", "tools.look_up.description", { tools: [lookUp("Looks up"), clock] }],
  ["tool-added", "tools.other", { tools: [...draft.tools, Tool.make("other")] }],
  ["tool-removed", "tools.clock", { tools: [lookUp()] }],
  ["message-removed", "prompt[1]", { talk: (talk) => talk.toSpliced(1, 2) }],
  ["message-inserted", "prompt[1]", {
    talk: (talk) =>
      talk.toSpliced(1, 0, { role: "user", content: [{ type: "text", text: "First of all:" }] }, {
        role: "assistant",
        content: [{ type: "text", text: "Yes?" }]
      })
  }],
  ["model", "model", { model: other }]
]

const healthy: ReadonlyArray<readonly [title: string, changed: Partial<Draft>]> = [
  ["nothing is changed", {}],
  ["tools in another order", { tools: draft.tools.toReversed() }],
  ["tools made anew", { tools: [lookUp(), Tool.make("clock", { description: "Tells the time" })] }],
  ["what plays no part in a prompt", { rest: { ...draft.rest, maxOutputTokens: 500, tags: { turn: "2" } } }]
]

/** The second turn of a conversation, mutated, compared with the first one. */
const pair = (model: string, changed: Partial<Draft>) => {
  const mine = { ...draft, model }
  // An id is there from the first turn on.
  const before = changed.system?.startsWith("Session ") === true
    ? { ...mine, system: changed.system.replace("6fa459ea-ee8a", "16fd2706-8baf") }
    : mine
  return [conversation(before, 2), conversation({ ...mine, ...changed }, 3)] as const
}

const diagnosed = (asked: ReadonlyArray<Asked>) =>
  Effect.map(PromptCache.turnsOf(asked), (turns) => PromptCache.diagnose(turns, { at }))

const vendors = [
  ["openai/gpt-6-luna", "openai/gpt-6.1-sol"],
  ["openai/gpt-5.4", "openai/gpt-5.4-mini"],
  ["anthropic/claude-sonnet-4-6", "anthropic/claude-opus-4-8"]
] as const

for (const [model, other] of vendors) {
  describe(`diagnose, ${model}`, () => {
    for (const [cause, place, changed] of mutations(other)) {
      it.live(`names ${cause}, where it is and what it cost, and the vendor reads less`, () =>
        inWorld({
          providers: (sandbox) => ({
            openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make(testKey) }),
            anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey: Redacted.make(testKey) })
          })
        }, function*({ sandbox }) {
          const usages = Effect.fnUntraced(function*(asked: readonly [Asked, Asked]) {
            yield* sandbox.reset
            return yield* Effect.forEach(asked, (one) => Effect.map(Loom.generate(one), ({ usage }) => usage))
          })
          const asked = pair(model, changed)
          const [whole, mutated] = [yield* usages(pair(model, {})), yield* usages(asked)]
          const turns = (yield* PromptCache.turnsOf(asked)).map(({ request }, n) => ({ request, usage: mutated[n] }))
          const [found, ...others] = PromptCache.diagnose(turns, { at })
          assert.deepStrictEqual(others, [])
          assert.deepInclude(found, { turn: 1, cause, at: place })
          assert(found !== undefined && found.usd !== undefined)
          assert.isAbove(found.usd, 0)
          // Tokens of parts are estimated, a file's very roughly.
          const lost = (whole[1]?.cacheRead ?? NaN) - (mutated[1]?.cacheRead ?? NaN)
          assert.closeTo(found.lostTokens / lost, 1, 0.5)
        }))
    }

    for (const [title, changed] of healthy) {
      it.effect(`finds nothing wrong with ${title}`, () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* diagnosed(pair(model, changed)), [])
        }))
    }
  })
}

describe("diagnose", () => {
  const luna = { ...draft, model: "openai/gpt-6-luna" }
  const sonnet = { ...draft, model: "anthropic/claude-sonnet-4-6" }
  const only = (asked: ReadonlyArray<Asked>) =>
    Effect.map(diagnosed(asked), (found) => found.map(({ at, cause, turn }) => [turn, cause, at]))

  it.effect("looks at each turn of a conversation", () =>
    Effect.gen(function*() {
      const later = { ...luna, tools: [lookUp("Looks up"), clock] }
      const last = { ...later, rest: { ...later.rest, reasoning: "high" as const } }
      const asked = [conversation(luna, 1), conversation(luna, 2), conversation(later, 3), conversation(last, 4)]
      assert.deepStrictEqual(yield* only(asked), [
        [2, "tool-description", "tools.look_up.description"],
        [3, "reasoning", "params.reasoning"]
      ])
    }))

  it.effect("knows what each vendor keeps apart", () =>
    Effect.gen(function*() {
      const rest = (rest: Partial<GenerateOptions.Common>) => ({ rest: { ...draft.rest, ...rest } })
      const Answer = Schema.Struct({ word: Schema.String })
      const cases: ReadonlyArray<readonly [Partial<Draft>, openai: string | undefined, anthropic: string | undefined]> =
        [
          [rest({ reasoning: "high" }), "reasoning", "reasoning"],
          [rest({ toolChoice: "required" }), undefined, "tool-choice"],
          [rest({ serviceTier: "flex" }), "service-tier", undefined],
          [rest({ serviceTier: "fast" }), "service-tier", "service-tier"],
          [rest({ promptCache: { key: "b" } }), "key", undefined]
        ]
      for (const [changed, openai, anthropic] of cases) {
        const causes = yield* Effect.forEach([luna, sonnet], ({ model }) => diagnosed(pair(model, changed)))
        assert.deepStrictEqual(causes.map(([found]) => found?.cause), [openai, anthropic])
      }
      const [before, after] = pair(sonnet.model, {})
      const asked: ReadonlyArray<Asked> = [before, Object.assign({}, after, { schema: Answer })]
      assert.deepStrictEqual(yield* only(asked), [[1, "answer-schema", "schema"]])
    }))

  it.effect("tells that nothing is kept, that the prompt is too short, or that too much time has passed", () =>
    Effect.gen(function*() {
      const [before, after] = pair(sonnet.model, {})
      const { promptCache: _, ...first } = before
      const { promptCache: __, ...second } = after
      assert.deepStrictEqual(yield* only([first, second]), [[1, "off", "promptCache"]])
      const off = pair(luna.model, { rest: { ...draft.rest, promptCache: false } }).with(0, {
        ...pair(luna.model, {})[0],
        promptCache: false
      })
      assert.deepStrictEqual(yield* only(off), [[1, "off", "promptCache"]])
      const brief = (n: number): Asked => ({
        model: "anthropic/claude-sonnet-4-6",
        promptCache: true,
        prompt: [{ role: "system", content: "Be brief." }, { role: "user", content: tokens(n) }]
      })
      assert.deepStrictEqual(yield* only([brief(9), brief(10)]), [[1, "short", "prompt"]])

      for (
        const [asked, minutes, cause] of [
          [pair(sonnet.model, {}), 4, undefined],
          [pair(sonnet.model, {}), 6, "expired"],
          [pair(luna.model, {}), 29, undefined],
          [pair(luna.model, {}), 31, "expired"]
        ] as const
      ) {
        const [one, two] = yield* PromptCache.turnsOf(asked)
        assert(one !== undefined && two !== undefined)
        const found = PromptCache.compare({ ...one, at }, { ...two, at: at + minutes * 60_000 }, { at })
        assert.strictEqual(found?.cause, cause)
        if (cause !== undefined) assert.isAbove(found?.usd ?? 0, 0)
      }
    }))

  it.effect("keeps to what the caller has kept", () =>
    Effect.gen(function*() {
      const system = { ...sonnet, rest: { ...draft.rest, promptCache: { breakpoints: ["system"] } } } as const
      const edited = { ...system, first: "Whatever?" }
      assert.deepStrictEqual(yield* only([conversation(system, 2), conversation(edited, 3)]), [])
      const changed = { ...edited, system: draft.system.replace("patient", "brief") }
      assert.deepStrictEqual(yield* only([conversation(system, 2), conversation(changed, 3)]), [[
        1,
        "system",
        "prompt[0]"
      ]])
    }))

  it.effect("prices what was lost: what was paid for it, less what reading it costs", () =>
    Effect.gen(function*() {
      for (const [name, other] of vendors) {
        const [, , mutation] = mutations(other)[1] ?? []
        const [before, after] = yield* PromptCache.turnsOf(pair(name, mutation ?? {}))
        assert(before !== undefined && after !== undefined)
        const usage = Usage.make({ inputUncached: 9000 })
        const found = PromptCache.compare({ ...before, usage }, after, { at })
        const { model } = after.request
        const write = name.includes("gpt-5.4") ? { inputUncached: found?.lostTokens ?? 0 } : {
          cacheWrite: { [name.startsWith("anthropic") ? "5m" : "30m"]: found?.lostTokens ?? 0 }
        }
        const kept = found?.keptTokens ?? NaN
        const paid = Cost.of(model, Usage.make({ cacheRead: kept, ...write }), { at }).picoUsd ?? NaN
        const read = Cost.of(model, Usage.make({ cacheRead: kept + (found?.lostTokens ?? 0) }), { at }).picoUsd ?? NaN
        assert.strictEqual(found?.picoUsd, paid - read)
        assert.isAbove((found?.lostTokens ?? 0) + kept, 8500)
        assert.isAtMost((found?.lostTokens ?? 0) + kept, 9000)
      }
    }))

  it.effect("tells no content, and nothing of prices that aren't known", () =>
    Effect.gen(function*() {
      const catalog = Catalog.registerModel(Catalog.empty, { provider: "acme", model: "ada" })
      const secret = (word: string): Asked => ({
        model: "acme/ada",
        prompt: [{ role: "system", content: `${word} ${tokens(5000)}` }, { role: "user", content: "Hi" }]
      })
      const turns = yield* PromptCache.turnsOf([secret("hunter2"), secret("swordfish")], { catalog })
      const [found] = PromptCache.diagnose(turns, { at })
      assert.deepInclude(found, { cause: "system", usd: undefined, picoUsd: undefined })
      assert.notMatch(JSON.stringify(found), /hunter2|swordfish/)
    }))
})
