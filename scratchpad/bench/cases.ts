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
const prompt = (n: number) => `What is a loom? Answer in one line. (${n})`
const model = "gpt-4o-mini"

const sdk = async () => {
  const { default: OpenAI } = await import("openai")
  return new OpenAI({ apiKey: "sk-bench", baseURL })
}

const ai = async () => {
  const [{ generateText, streamText }, { createOpenAI }] = await Promise.all([import("ai"), import("@ai-sdk/openai")])
  return { generateText, streamText, openai: createOpenAI({ apiKey: "sk-bench", baseURL }) }
}

/** Loom with its SQLite log; `listening`, with a tracer and a JSON log line that go nowhere as well. */
const loom = async (listening: boolean) => {
  const [{ Effect, Layer, Logger, ManagedRuntime, Stream, Tracer }, { CallLog, Loom }, os] = await Promise
    .all([import("effect"), import("loom-router"), import("node:os")])
  const path = `${os.tmpdir()}/loom-bench-${process.pid}.db`
  const base = Layer.mergeAll(Loom.layer(listening ? { log: "json" } : {}), CallLog.layerSqlite({ path }))
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

const cases: Record<string, () => Promise<Case>> = {
  "undici": async () => {
    const { Pool } = await import("undici")
    const pool = new Pool(new URL(baseURL).origin, { connections: 256, pipelining: 1 })
    const run = async (n: number) => {
      const body = JSON.stringify({ model, input: prompt(n), store: false })
      const headers = { "content-type": "application/json", authorization: "Bearer sk-bench" }
      const reply = await pool.request({ path: "/v1/responses", method: "POST", body, headers })
      return reply.body.json()
    }
    return { ...unary, run, close: () => pool.close() }
  },
  "sdk": async () => {
    const client = await sdk()
    return { ...unary, run: (n) => client.responses.create({ model, input: prompt(n), store: false }) }
  },
  "ai-sdk": async () => {
    const { generateText, openai } = await ai()
    return { ...unary, run: (n) => generateText({ model: openai.responses(model), prompt: prompt(n) }) }
  },
  "loom": async () => {
    const { Loom, runtime } = await loom(false)
    return {
      ...unary,
      run: (n) => runtime.runPromise(Loom.generate({ provider: "openai", model, prompt: prompt(n) })),
      close: () => runtime.dispose()
    }
  },
  "loom, traced": async () => {
    const { Loom, runtime } = await loom(true)
    return {
      ...unary,
      run: (n) => runtime.runPromise(Loom.generate({ provider: "openai", model, prompt: prompt(n) })),
      close: () => runtime.dispose()
    }
  },
  "sdk stream": async () => {
    const client = await sdk()
    const run = async (n: number) => {
      let length = 0
      const messages = [{ role: "user" as const, content: prompt(n) }]
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
    const run = async (n: number) => {
      let length = 0
      for await (const text of streamText({ model: openai.chat(model), prompt: prompt(n) }).textStream) {
        length += text.length
      }
      return length
    }
    return { ...streamed, run }
  },
  "loom stream": async () => {
    const { Effect, Loom, Stream, runtime } = await loom(false)
    const run = (n: number) => {
      let length = 0
      // A seed is what only Chat Completions has: the same protocol as the others.
      const stream = Loom.stream({ provider: "openai", model, prompt: prompt(n), seed: 1 })
      return runtime.runPromise(Stream.runForEachArray(stream, (parts) =>
        Effect.sync(() => {
          for (const part of parts) if (part.type === "text-delta") length += part.delta.length
        }))).then(() => length)
    }
    return { ...streamed, run, close: () => runtime.dispose() }
  }
}

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
