/** One case in one process: `node cases.ts <case> <port> <rounds>` prints the CPU microseconds of a unit, round by round. */
const [name = "", port = "", rounds = "1"] = process.argv.slice(2)
const baseURL = `http://127.0.0.1:${port}/v1`
process.env.OPENAI_API_KEY = "sk-bench"
process.env.OPENAI_BASE_URL = baseURL

interface Case {
  /** Calls of a round, and how many of them are under way at once. */
  readonly calls: number
  readonly concurrency: number
  /** What the time is divided by, for each call. */
  readonly units: number
  readonly run: (n: number) => Promise<unknown>
  readonly close?: () => Promise<unknown>
}

const unary = { calls: 1000, concurrency: 10, units: 1 }
const streamed = { calls: 60, concurrency: 2, units: 1000 }
let asked = 0
/** Never the same twice. */
const prompt = () => `What is a loom? Answer in one line. (${asked++})`
const model = "gpt-4o-mini"

const sdk = async () => {
  const { default: OpenAI } = await import("openai")
  return new OpenAI({ apiKey: "sk-bench", baseURL })
}

const ai = async () => {
  const [{ generateText, streamText }, { createOpenAI }] = await Promise.all([import("ai"), import("@ai-sdk/openai")])
  return { generateText, streamText, openai: createOpenAI({ apiKey: "sk-bench", baseURL }) }
}

/** Loom with all that it has; `listening`, with a tracer and a JSON log line that go nowhere as well. */
const loom = async (listening: boolean) => {
  const [{ Effect, Layer, Logger, ManagedRuntime, Stream, Tracer }, { Loom }] = await Promise
    .all([import("effect"), import("loom-router")])
  const path = `${process.cwd()}/calls-${process.pid}.db`
  const base = Loom.layer({ cache: { ttl: "1 hour" }, callLog: { path }, ...(listening ? { log: "json" } : {}) })
  const layer = listening
    ? Layer.mergeAll(
      base,
      Logger.layer([Logger.map(Logger.formatJson, (line) => void line.length)]),
      Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => new Tracer.NativeSpan(options) }))
    )
    : base
  const runtime = ManagedRuntime.make(layer)
  await runtime.context()
  return { Effect, Loom, Stream, runtime }
}

/** A question with its context, five thousand characters in all, where a key is most of what is left to pay for. */
const longPrompt = (n: number) => `${"A loom interlaces warp and weft, thread by thread. ".repeat(100)}${n}`

/** How many answers the memory tier holds, and how many callers ask the same. */
const full = 2000
const atOnce = 1000

/** What can't be left out: the key of a question, a look at a Map, a fiber of the same kind of runtime. */
const floor = async () => {
  const [{ Deferred, Effect, Layer, ManagedRuntime }, { Prompt }, { CallKey, Catalog, Request }] = await Promise.all([
    import("effect"),
    import("effect/ai"),
    import("loom-router")
  ])
  const runtime = ManagedRuntime.make(Layer.empty)
  const resolved = await Effect.runPromise(
    Effect.fromResult(Catalog.resolve(Catalog.bundled, { model: `openai/${model}` }))
  )
  const request = await Effect.runPromise(Request.fromPrompt("", { model: resolved }))
  const keyOf = (prompt: string) => CallKey.of({ ...request, prompt: Prompt.make(prompt) }) ?? ""
  return { Deferred, Effect, runtime, keyOf }
}

const cachedHit = async (listening: boolean): Promise<Case> => {
  const { Loom, runtime } = await loom(listening)
  const ask = (n: number) =>
    runtime.runPromise(Loom.generate({ provider: "openai", model, prompt: longPrompt(n % full) }))
  for (let n = 0; n < full; n += 100) await Promise.all(Array.from({ length: 100 }, (_, k) => ask(n + k)))
  const run = async (n: number) => {
    if ((await ask(n)).cache !== "hit") throw new Error("no hit")
  }
  return { ...unary, run, close: () => runtime.dispose() }
}

const coalesced = async (listening: boolean): Promise<Case> => {
  const { Loom, runtime } = await loom(listening)
  let round = 0
  const run = async (n: number) => {
    if (n === 0) round++
    const { cache } = await runtime.runPromise(
      Loom.generate({ provider: "openai", model, prompt: longPrompt(full + round) })
    )
    if (n > 0 && cache !== "coalesced") throw new Error(`not coalesced: ${cache}`)
  }
  return { calls: atOnce, concurrency: atOnce, units: 1, run, close: () => runtime.dispose() }
}

const loomStream = async (listening: boolean): Promise<Case> => {
  const { Effect, Loom, Stream, runtime } = await loom(listening)
  const run = () => {
    let length = 0
    // A seed is what only Chat Completions has: the same protocol as the others.
    const stream = Loom.stream({ provider: "openai", model, prompt: prompt(), seed: 1 })
    return runtime.runPromise(Stream.runForEachArray(stream, (parts) =>
      Effect.sync(() => {
        for (const part of parts) if (part.type === "text-delta") length += part.delta.length
      }))).then(() => length)
  }
  return { ...streamed, run, close: () => runtime.dispose() }
}

const cases: Record<string, () => Promise<Case>> = {
  "undici": async () => {
    const { Pool } = await import("undici")
    const pool = new Pool(new URL(baseURL).origin, { connections: 256, pipelining: 1 })
    const run = async () => {
      const body = JSON.stringify({ model, input: prompt(), store: false })
      const headers = { "content-type": "application/json", authorization: "Bearer sk-bench" }
      const reply = await pool.request({ path: "/v1/responses", method: "POST", body, headers })
      return reply.body.json()
    }
    return { ...unary, run, close: () => pool.close() }
  },
  "sdk": async () => {
    const client = await sdk()
    return { ...unary, run: () => client.responses.create({ model, input: prompt(), store: false }) }
  },
  "ai-sdk": async () => {
    const { generateText, openai } = await ai()
    return { ...unary, run: () => generateText({ model: openai.responses(model), prompt: prompt() }) }
  },
  "loom": async () => {
    const { Loom, runtime } = await loom(false)
    return {
      ...unary,
      run: () => runtime.runPromise(Loom.generate({ provider: "openai", model, prompt: prompt() })),
      close: () => runtime.dispose()
    }
  },
  "loom, traced": async () => {
    const { Loom, runtime } = await loom(true)
    return {
      ...unary,
      run: () => runtime.runPromise(Loom.generate({ provider: "openai", model, prompt: prompt() })),
      close: () => runtime.dispose()
    }
  },
  "sdk stream": async () => {
    const client = await sdk()
    const run = async () => {
      let length = 0
      const messages = [{ role: "user" as const, content: prompt() }]
      const parts = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true }
      })
      for await (const part of parts) length += part.choices[0]?.delta.content?.length ?? 0
      return length
    }
    return { ...streamed, run }
  },
  "ai-sdk stream": async () => {
    const { openai, streamText } = await ai()
    const run = async () => {
      let length = 0
      for await (const text of streamText({ model: openai.chat(model), prompt: prompt() }).textStream) {
        length += text.length
      }
      return length
    }
    return { ...streamed, run }
  },
  "loom stream": () => loomStream(false),
  "loom stream, traced": () => loomStream(true)
}

Object.assign(cases, {
  "cached, floor": async (): Promise<Case> => {
    const { Effect, keyOf, runtime } = await floor()
    const answers = new Map(Array.from({ length: full }, (_, n) => [keyOf(longPrompt(n)), { n }]))
    const run = (n: number) =>
      runtime.runPromise(Effect.suspend(() => Effect.succeed(answers.get(keyOf(longPrompt(n % full))))))
    return { ...unary, run }
  },
  "cached": () => cachedHit(false),
  "cached, traced": () => cachedHit(true),
  "coalesced, floor": async (): Promise<Case> => {
    const { Deferred, Effect, keyOf, runtime } = await floor()
    const flights = new Map<string, ReturnType<typeof Deferred.makeUnsafe<object>>>()
    const run = (n: number) =>
      runtime.runPromise(Effect.suspend(() => {
        const key = keyOf(longPrompt(full))
        const flight = flights.get(key) ?? Deferred.makeUnsafe<object>()
        flights.set(key, flight)
        if (n === 0) {
          setImmediate(() => {
            flights.delete(key)
            Deferred.doneUnsafe(flight, Effect.succeed({ n }))
          })
        }
        return Effect.onInterrupt(Deferred.await(flight), () => Effect.void)
      }))
    return { calls: atOnce, concurrency: atOnce, units: 1, run }
  },
  "coalesced": () => coalesced(false),
  "coalesced, traced": () => coalesced(true)
})

const make = cases[name]
if (make === undefined) throw new Error(`no case ${name}`)
const { calls, close, concurrency, run, units } = await make()

const round = async () => {
  const before = process.cpuUsage()
  for (let n = 0; n < calls; n += concurrency) {
    await Promise.all(Array.from({ length: concurrency }, (_, k) => run(n + k)))
  }
  const { system, user } = process.cpuUsage(before)
  return (user + system) / (calls * units)
}

await round()
await round()
for (let n = 0; n < Number(rounds); n++) {
  // Cases take turns: this one's comes with a line.
  await new Promise((resume) => process.stdin.once("data", resume))
  process.stdout.write(`${await round()}\n`)
}
await close?.()
process.exit(0)
