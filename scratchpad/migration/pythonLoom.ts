/**
 * The right side of the Python Loom's own examples: the same names in camel case, and results with fields.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/migration/pythonLoom.ts`.
 */
import { Effect } from "effect"
import { Catalog, Loom, RetryPolicy, Router } from "loom-router"
import { strict as assert } from "node:assert"
import { close, sandbox } from "./sandbox.ts"

{
  // generate
  await using loom = Loom.client()

  const result = await loom.generate({
    provider: "openai",
    modality: "text",
    model: "gpt-4o-mini",
    prompt: "Summarize this transcript in five bullets."
  })

  console.log(result.text)
  console.log(result.cost.usd)
  console.log(result.usage.totalTokens)
  // end
  assert(result.cost.usd !== undefined && result.cost.usd > 0)
}

await using client = Loom.client({ batches: { path: ":memory:" } })

{
  // route
  const router = Router.make({
    candidates: [
      ["openai", "text", "gpt-4o-mini"],
      Router.candidate("anthropic", "text", "claude-haiku-4-5"),
      ["openai", "text", "gpt-4o", { temperature: 0.2 }]
    ],
    validator: (r) => r.text.length > 40
  })

  const result = await client.route(router, { prompt: "Explain quantum entanglement." })

  console.log(result.router?.used)
  console.log(result.router?.tried.map(({ model, outcome }) => `${model}: ${outcome}`))
  // end
  assert.equal(result.router?.used, "openai/gpt-4o-mini")
}

{
  // retry
  await using patient = Loom.client({
    retry: RetryPolicy.make({ maxAttempts: 3, baseDelay: "0.5 seconds" }),
    failover: true
  })
  // end
  const { attempts } = await patient.generate({ model: "openai/gpt-4o-mini", prompt: "Hello" })
  assert.equal(attempts.length, 1)
}

{
  const yaml = "provider: acme\nlabel: ACME\nkind: openai-compatible\nbase_url: https://api.acme.ai/v1\nmodels: []"
  const baseUrl = sandbox.baseUrl("openai")
  process.env["NEWCO_API_KEY"] = "sk-sandbox"
  // register
  const models = await Effect.runPromise(Catalog.fromYaml(yaml))

  const catalog = Catalog.bundled.pipe(
    Catalog.merge(models),
    Catalog.registerOpenAiCompatible({
      key: "newco",
      label: "NewCo AI",
      baseUrl,
      apiKeyEnv: "NEWCO_API_KEY"
    }),
    Catalog.registerModel({
      provider: "newco",
      model: "newco-large",
      upstreamModel: "gpt-4.1",
      inputCostPer1M: 2.5,
      outputCostPer1M: 10
    })
  )
  // end
  assert.equal(Catalog.provider(catalog, "acme")?.label, "ACME")
  await using extended = Loom.client({ catalog })
  const { cost } = await extended.generate({ model: "newco/newco-large", prompt: "Hello" })
  console.log(`newco: $${cost.usd}`)
}

{
  // batch
  const handle = await client.submitBatch([
    { provider: "openai", model: "gpt-4o-mini", prompt: "summarize row 1", customId: "row-1" },
    { provider: "openai", model: "gpt-4o-mini", prompt: "summarize row 2", customId: "row-2" }
  ])

  console.log((await handle.status()).counts.total)
  const results = await handle.wait({ pollInterval: "60 seconds", timeout: "24 hours" })
  // end
  const ids: Array<string> = []
  for await (const { customId } of results.rows) ids.push(customId)
  assert.deepEqual(ids.toSorted(), ["row-1", "row-2"])
}

await close()
