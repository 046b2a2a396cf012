/**
 * The main job, on the sandbox: real calls by the vendors' own SDKs, with their exact cost, savings and attempts, and the
 * dashboard that shows them. With OPENAI_API_KEY set it makes one real call as well, of at most one cent.
 *
 * In a terminal, or with `--stay`, work goes on and the dashboard stays until Ctrl-C.
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Cause, Config, Console, Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { HttpServer } from "effect/http"
import { Catalog, Cost, GenerateError, type Generation, Loom, RetryPolicy, Stats, Usage } from "loom-router"
import * as Dashboard from "loom-router/dashboard"
import { Sandbox } from "loom-router/sandbox"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Demo from "../src/cli/Demo.ts"

const usd = (amount: number | undefined) =>
  amount === undefined ? "unknown" : amount === 0 ? "$0" : `$${amount.toFixed(9).replace(/0{1,5}$/, "")}`
const plural = (count: number, noun: string) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`

const report = Effect.fn("report")(
  function*(title: string, generation: Generation.Generation, answer = generation.text) {
    const { attempts, cache, cost, saved, timing, usage } = generation
    const source = cache === "hit" ? " · kept from before" : ""
    const cached = usage.cacheRead > 0 ? ` (${usage.cacheRead.toLocaleString("en")} from the prompt cache)` : ""
    const savings = saved.usd > 0 ? ` · ${usd(saved.usd)} saved` : ""
    const retried = attempts.length > 1 ? ` (${attempts.map((attempt) => attempt.outcome).join(", ")})` : ""
    yield* Console.log(`
${title}
  ${answer.replaceAll("\n", "\n  ")}
  ${generation.provider}/${generation.model}${source} · ${
      usage.inputTokens.toLocaleString("en")
    } in${cached} · ${usage.outputTokens} out · ${usd(cost.usd)}${savings} · ${
      plural(attempts.length, "attempt")
    }${retried} · ${timing.total.toFixed(0)} ms`)
    return generation
  }
)

const handbook = Array.from(
  { length: 90 },
  (_, n) => `Section ${n + 1}. A thread of weft passes over and under the warp; record tension, sett and shuttle speed.`
).join("\n")

const calls = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const model = "openai/gpt-4o-mini"
  yield* sandbox.script(
    { prompt: "busy", respond: { status: 429, headers: { "retry-after-ms": "50" } } },
    { prompt: "at all", route: "/openai/v1/responses", respond: { status: 503 } }
  )

  return [
    yield* Effect.flatMap(
      Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Summarize this transcript in five bullets." }),
      (generation) => report("An answer", generation)
    ),
    yield* Effect.flatMap(
      Loom.generate({ model, system: handbook, prompt: "What does the handbook say about tension?" }),
      (generation) => report("A question about a long handbook", generation)
    ),
    yield* Effect.flatMap(
      Loom.generate({ model, system: handbook, prompt: "And what about shuttle speed?" }),
      (generation) => report("Another one: the vendor remembers the handbook", generation)
    ),
    yield* Effect.flatMap(
      Loom.generateObject({
        model,
        prompt: "Describe a loom.",
        schema: Schema.Struct({ name: Schema.String, kind: Schema.Literals(["hand", "power"]) })
      }),
      (generation) => report("An object that fits a schema", generation, JSON.stringify(generation.object))
    ),
    yield* Effect.flatMap(
      Loom.generate({ model, prompt: "Are you busy?" }),
      (generation) => report("A vendor that is busy at first", generation)
    ),
    yield* Effect.flatMap(
      Loom.generate({
        model,
        prompt: "Are you there at all?",
        failover: ["anthropic/claude-haiku-4-5"],
        retry: RetryPolicy.none
      }),
      (generation) => report("A vendor that is down: another one answers", generation)
    ),
    yield* Effect.flatMap(
      Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Summarize this transcript in five bullets." }),
      (generation) => report("The first question again", generation)
    )
  ]
})

const streamed = Effect.gen(function*() {
  yield* Console.log("\nA stream")
  let chunks = 0
  const parts = yield* Loom.stream({
    model: "openai/gpt-6-luna",
    prompt: "Explain how a loom works.",
    reasoning: "low"
  }).pipe(
    Stream.tap((part) => Effect.sync(() => part.type === "text-delta" ? chunks++ : chunks)),
    Stream.runCollect
  )
  const finish = parts.at(-1)
  if (finish?.type !== "finish") return yield* Effect.die(new Error("the stream has no finish"))
  yield* Console.log(
    `  ${chunks} pieces, the first after ${
      finish.timing.firstToken?.toFixed(0)
    } ms · ${finish.provider}/${finish.model} · ${finish.usage.outputTokens} out, ${finish.usage.outputReasoning} of them reasoning · ${
      usd(finish.cost.usd)
    }`
  )
  return finish
})

const crowd = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const before = (yield* sandbox.journal).length
  const question = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "What do all of us ask at once?" })
  const answers = yield* Effect.all(Array.from({ length: 100 }, () => question), { concurrency: "unbounded" })
  const sent = (yield* sandbox.journal).length - before
  const spent = Cost.sum(answers.map(({ cost }) => cost)).picoUsd
  const saved = answers.reduce((sum, { saved }) => sum + saved.picoUsd, 0)
  yield* Console.log(`
The same question, a hundred times at once
  ${plural(answers.length, "answer")} from ${plural(sent, "request")} · ${usd(Number(spent) / 1e12)} · ${
    usd(saved / 1e12)
  } saved`)
  return answers
})

const summary = Effect.fn("summary")(function*(finished: ReadonlyArray<Generation.Summary>) {
  const sandbox = yield* Sandbox
  const spent = Cost.sum(finished.map(({ cost }) => cost))
  const billed = (yield* sandbox.bill).reduce((sum, entry) => sum + entry.amount, 0n)
  const saved = finished.reduce((sum, { saved }) => sum + saved.picoUsd, 0) / 1e12
  const tokens = finished.reduce((sum, { usage }) => sum + usage.totalTokens, 0)
  const attempts = finished.reduce((sum, { attempts }) => sum + attempts.length, 0)
  yield* Console.log(`
${plural(finished.length, "call")}, ${plural(attempts, "attempt")}, ${plural(tokens, "token")}: ${
    usd(Number(spent.picoUsd) / 1e12)
  } spent, ${usd(saved)} saved.
The sandbox's own bill says ${usd(Number(billed) / 1e12)}${
    billed === spent.picoUsd ? ": the same, to the last digit." : ": NOT the same."
  }`)
})

const onSandbox = Effect.fn("onSandbox")(function*(path: string) {
  const sandbox = yield* Sandbox
  yield* Console.log(
    `Loom on its sandbox at ${sandbox.url}: requests of the vendors' own SDKs, real HTTP, no key, no network.`
  )
  yield* Effect.gen(function*() {
    yield* summary([...(yield* calls), yield* streamed, ...(yield* crowd)])
  }).pipe(Effect.provide(
    Layer.provide(Loom.layer({ cache: { ttl: "1 hour" }, callLog: { path } }), Demo.environment(sandbox))
  ))
}, Effect.provide(Sandbox.layer()))

/** A log that goes with its scope. */
const passing = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "calls.db")
)

const listening = (path: string, port: number) =>
  Effect.map(
    Layer.build(
      Dashboard.serve({ path, batches: Demo.batchesOf(path), isDemo: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port }))
      )
    ),
    (context) => HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
  )

/** The first figures of the dashboard, by the same queries. */
const figures = Effect.gen(function*() {
  const stats = yield* Stats.Stats
  const { activeProviders, calls, hitRate, incidents, latency, saved } = yield* stats.overview({ range: "24h" })
  yield* Console.log(
    `  ${plural(calls.total, "call")} to ${plural(activeProviders, "vendor")} · p95 ${latency.value?.toFixed(0)} ms · ${
      ((hitRate.value ?? 0) * 100).toFixed(1)
    }% from the cache · ${plural(incidents.retries, "retry").replace(/ys$/, "ies")}, ${
      plural(incidents.failovers, "failover")
    } · ${usd(saved.spent.usd)} spent, ${usd(saved.savings.saved.usd)} saved`
  )
})

const cent = 0.01

const forReal = Effect.gen(function*() {
  const key = yield* Effect.option(Config.Redacted("OPENAI_API_KEY"))
  if (Option.isNone(key)) {
    return yield* Console.log("\nSet OPENAI_API_KEY to make one real call too, of at most one cent.")
  }
  const asked = {
    model: "openai/gpt-6-luna",
    prompt: "Say hello to Loom in one sentence.",
    maxOutputTokens: 256
  } as const
  const model = yield* Effect.fromResult(Catalog.resolve(Catalog.bundled, asked))
  const most = Cost.of(
    model,
    Usage.make({ inputUncached: asked.prompt.length + 64, outputText: asked.maxOutputTokens }),
    {
      at: Date.now()
    }
  )
  if (most.usd === undefined || most.usd > cent) {
    return yield* Console.log("\nNo real call: it could cost more than a cent.")
  }
  yield* Console.log(`\nOne real call to ${asked.model}, with your key: at most ${usd(most.usd)}.`)
  yield* Effect.flatMap(
    Loom.generate({ ...asked, retry: RetryPolicy.none, timeout: "1 minute" }),
    (generation) => report("For real", generation)
  )
})

const stays = process.stdout.isTTY || process.argv.includes("--stay")

const main = Effect.gen(function*() {
  const path = yield* passing
  const url = yield* Effect.catch(listening(path, 4173), () => listening(path, 0))
  yield* onSandbox(path)
  yield* forReal
  yield* Console.log(`\nThe dashboard of these calls, and of made-up work with twelve vendors: ${url}`)
  if (stays) {
    yield* Console.log("  Work goes on; Ctrl-C ends it.")
    return yield* Demo.run(path)
  }
  yield* Demo.some(path, [{ calls: 100, days: 1 }])
  yield* Effect.provide(figures, Stats.layer({ path }))
  yield* Console.log("  In a terminal it stays; from anywhere, with `npm start -- --stay`.")
}).pipe(
  Effect.scoped,
  Effect.tapCause((cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.void
    const error = Cause.squash(cause)
    return Console.error(`\n${error instanceof GenerateError.GenerateError ? error.message : Cause.pretty(cause)}`)
  })
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
