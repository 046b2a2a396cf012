/**
 * The right side: what a program says to Loom where it said it to another library before. Each block says what the guides
 * beside it show.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/migration/loom.ts`.
 */
import { Schema } from "effect"
import { Tool } from "effect/ai"
import { Catalog, Loom, RetryPolicy, Router } from "loom-router"
import { strict as assert } from "node:assert"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bill, close, outage, requests, sandbox } from "./sandbox.ts"

const folder = mkdtempSync(join(tmpdir(), "loom-"))

{
  // chat
  await using loom = Loom.client()

  const { text, usage } = await loom.generate({
    model: "openai/gpt-4o-mini",
    system: "You weave.",
    prompt: "What is warp?"
  })
  // end
  assert(text.length > 0)
  console.log(`chat: ${text.split(" ").length} words, ${usage.totalTokens} tokens`)
}

await using loom = Loom.client({ batches: { path: ":memory:" } })

{
  let said = ""
  const write = (text: string) => void (said += text)
  // stream
  for await (const part of loom.stream({ model: "openai/gpt-4o-mini", prompt: "What is weft?" })) {
    if (part.type === "text-delta") write(part.delta)
    if (part.type === "finish") console.log(`stream: ${part.finishReason}, ${part.usage.outputTokens} tokens`)
  }
  // end
  assert(said.length > 0)
}

{
  // tools
  const stock = Tool.make("look_up_stock", {
    description: "How much of a yarn is in stock",
    parameters: Schema.Struct({ yarn: Schema.String })
  })

  const { content } = await loom.generate({
    model: "openai/gpt-4o-mini",
    prompt: "look_up_stock of wool",
    tools: [stock]
  })
  const calls = content.filter((part) => part.type === "tool-call")
  // end
  console.log(`tools: ${calls.map(({ name, params }) => `${name}(${JSON.stringify(params)})`).join()}`)
  assert.equal(calls.length, 1)
}

{
  // json
  const Yarn = Schema.Struct({ name: Schema.String, metres: Schema.Finite })

  const { object } = await loom.generateObject({
    model: "openai/gpt-4o-mini",
    prompt: "A yarn, please.",
    schema: Yarn
  })
  // end
  const { metres, name }: { readonly name: string; readonly metres: number } = object
  console.log(`json: ${typeof name} and ${typeof metres}, decoded`)
}

{
  await outage("Are you there?", 1)
  // retries
  await using patient = Loom.client({
    retry: RetryPolicy.make({ maxAttempts: 3, baseDelay: "0.5 seconds" })
  })
  // end
  const { attempts } = await patient.generate({ model: "openai/gpt-4o-mini", prompt: "Are you there?" })
  console.log(`retries: ${attempts.map(({ outcome }) => outcome).join(", ")}`)
  assert.equal(attempts.length, 2)
}

{
  // timeout
  const hurry = new AbortController()
  const call = loom.generate(
    { model: "openai/gpt-4o-mini", prompt: "A story.", timeout: "30 seconds" },
    { signal: hurry.signal }
  )
  // end
  hurry.abort()
  await assert.rejects(call)
  console.log("timeout: a call is given up, and the vendor's request with it")
}

{
  await outage("Who answers?", 3)
  // failover
  await using steady = Loom.client({ failover: ["anthropic/claude-haiku-4-5"] })

  const { provider, router } = await steady.generate({
    model: "openai/gpt-4o-mini",
    prompt: "Who answers?"
  })
  // end
  console.log(`failover: ${provider}, after ${router?.tried.map(({ outcome }) => outcome).join(", ")}`)
  assert.equal(provider, "anthropic")
}

{
  // routing
  const router = Router.make({
    candidates: [
      ["openai", "text", "gpt-4o-mini"],
      { provider: "anthropic", model: "claude-haiku-4-5" },
      ["openai", "text", "gpt-4o", { temperature: 0.2 }]
    ],
    validator: ({ text }) => text.length > 40
  })

  const answer = await loom.route(router, { prompt: "Explain quantum entanglement." })
  const { tried, used } = answer.router ?? {}
  // end
  console.log(`routing: ${used} of ${tried?.length} tried`)
  assert.equal(used, "openai/gpt-4o-mini")
}

{
  const path = join(folder, "cache.db")
  // cache
  await using thrifty = Loom.client({ cache: { ttl: "1 hour", sqlite: { path } } })

  const ask = () => thrifty.generate({ model: "openai/gpt-4o-mini", prompt: "What is a heddle?" })
  const [first, second] = [await ask(), await ask()]
  // end
  console.log(`cache: ${first.cache}, then ${second.cache} for $${second.cost.usd}`)
  assert.equal(second.cache, "hit")
}

{
  const before = await requests()
  // batch
  const handle = await loom.submitBatch([
    { model: "openai/gpt-4o-mini", prompt: "summarize row 1", customId: "row-1" },
    { model: "openai/gpt-4o-mini", prompt: "summarize row 2", customId: "row-2" }
  ])

  const { rows } = await handle.wait({ pollInterval: "60 seconds", timeout: "24 hours" })
  for await (const row of rows) console.log(`batch: ${row.customId} ${row._tag}`)
  // end
  assert(await requests() > before)
}

{
  // cost
  const { cost, saved } = await loom.generate({ model: "openai/gpt-4o-mini", prompt: "What is warp?" })
  console.log(`cost: $${cost.usd}, ${cost.lines.length} lines, $${saved.usd} saved`)
  // end
  const [{ amount } = { amount: 0n }] = (await bill()).slice(-1)
  assert.equal(cost.picoUsd, Number(amount))
}

{
  const baseUrl = sandbox.baseUrl("openai")
  process.env["NEWCO_API_KEY"] = "sk-sandbox"
  // vendor
  const catalog = Catalog.bundled.pipe(
    Catalog.registerOpenAiCompatible({ key: "newco", label: "NewCo AI", baseUrl, apiKeyEnv: "NEWCO_API_KEY" }),
    Catalog.registerModel({
      provider: "newco",
      model: "newco-large",
      upstreamModel: "gpt-4.1",
      inputCostPer1M: 2,
      outputCostPer1M: 8
    })
  )

  await using extended = Loom.client({ catalog })
  const { cost, text } = await extended.generate({ model: "newco/newco-large", prompt: "Hello" })
  // end
  console.log(`vendor: ${text.length > 0 ? "it answers" : "nothing"}, for $${cost.usd}`)
}

await close()
rmSync(folder, { recursive: true })
