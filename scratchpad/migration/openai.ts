/**
 * The left side: the same by OpenAI's own SDK, and by hand where it has nothing of the kind. `loom.ts` is the right side.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/migration/openai.ts`.
 */
import Anthropic from "@anthropic-ai/sdk"
import { strict as assert } from "node:assert"
import OpenAI, { APIError, toFile } from "openai"
import { close, outage, requests, sandbox } from "./sandbox.ts"

{
  // chat
  const openai = new OpenAI()

  const { choices, usage } = await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [
      { role: "system", content: "You weave." },
      { role: "user", content: "What is warp?" }
    ]
  })
  const text = choices[0]?.message.content ?? ""
  // end
  assert(text.length > 0)
  console.log(`chat: ${text.split(" ").length} words, ${usage?.total_tokens} tokens`)
}

const openai = new OpenAI()

{
  let said = ""
  const write = (text: string) => void (said += text)
  // stream
  const stream = await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "What is weft?" }],
    stream: true,
    stream_options: { include_usage: true }
  })
  for await (const { choices: [choice], usage } of stream) {
    write(choice?.delta.content ?? "")
    if (usage) console.log(`stream: ${usage.completion_tokens} tokens`)
  }
  // end
  assert(said.length > 0)
}

{
  // tools
  const { choices } = await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "look_up_stock of wool" }],
    tools: [{
      type: "function",
      function: {
        name: "look_up_stock",
        description: "How much of a yarn is in stock",
        parameters: { type: "object", properties: { yarn: { type: "string" } }, required: ["yarn"] }
      }
    }]
  })
  const calls = choices[0]?.message.tool_calls ?? []
  // end
  console.log(`tools: ${calls.map((call) => call.type === "function" ? call.function.arguments : "").join()}`)
  assert.equal(calls.length, 1)
}

{
  // json
  const { choices } = await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "A yarn, please." }],
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "yarn",
        strict: true,
        schema: {
          type: "object",
          properties: { name: { type: "string" }, metres: { type: "number" } },
          required: ["name", "metres"],
          additionalProperties: false
        }
      }
    }
  })
  const object: unknown = JSON.parse(choices[0]?.message.content ?? "")
  // end
  assert(typeof object === "object" && object !== null && "metres" in object)
  console.log(`json: ${typeof object.metres}, of a type that you say`)
}

const messages = [{ role: "user" as const, content: "Are you there?" }]

{
  await outage("Are you there?", 1)
  const before = await requests()
  // retries
  const patient = new OpenAI({ maxRetries: 2 })
  // end
  await patient.chat.completions.create({ model: "gpt-4o-mini", messages })
  console.log(`retries: ${await requests() - before} requests`)
  assert.equal(await requests() - before, 2)
}

{
  // timeout
  const hurry = new AbortController()
  const call = openai.chat.completions.create(
    { model: "gpt-4o-mini", messages },
    { signal: hurry.signal, timeout: 30_000 }
  )
  // end
  hurry.abort()
  await assert.rejects(call)
  console.log("timeout: a call is given up")
}

{
  await outage("Who answers?", 3)
  // failover
  const anthropic = new Anthropic()

  const ask = async (content: string) => {
    try {
      const { choices } = await openai.chat.completions.create({
        model: "gpt-4o-mini",
        messages: [{ role: "user", content }]
      })
      return choices[0]?.message.content
    } catch (error) {
      if (!(error instanceof APIError) || (error.status ?? 500) < 429) throw error
      const { content: blocks } = await anthropic.messages.create({
        model: "claude-haiku-4-5",
        max_tokens: 1024,
        messages: [{ role: "user", content }]
      })
      return blocks.map((block) => block.type === "text" ? block.text : "").join("")
    }
  }
  // end
  assert(((await ask("Who answers?")) ?? "").length > 0)
  console.log("failover: somebody answers")
}

{
  const prompt = "What is a heddle?"
  const before = await requests()
  // cache
  const kept = new Map<string, Promise<OpenAI.ChatCompletion>>()

  const ask = (content: string) => {
    const found = kept.get(content)
    if (found) return found
    const asked = openai.chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content }]
    })
    kept.set(content, asked)
    asked.catch(() => kept.delete(content))
    return asked
  }
  // end
  await ask(prompt)
  await ask(prompt)
  console.log(`cache: ${await requests() - before} request`)
  assert.equal(await requests() - before, 1)
}

{
  const sleep = (_: number) => new Promise((resume) => setTimeout(resume, 10))
  // batch
  const row = (id: string, content: string) =>
    JSON.stringify({
      custom_id: id,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "gpt-4o-mini", messages: [{ role: "user", content }] }
    })
  const lines = [row("row-1", "summarize row 1"), row("row-2", "summarize row 2")].join("\n")
  const file = await openai.files.create({
    purpose: "batch",
    file: await toFile(Buffer.from(lines), "rows.jsonl")
  })
  let batch = await openai.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h"
  })
  while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
    await sleep(60_000)
    batch = await openai.batches.retrieve(batch.id)
  }
  const results = await (await openai.files.content(batch.output_file_id ?? "")).text()
  // end
  console.log(`batch: ${results.trim().split("\n").length} rows`)
}

{
  // cost
  const { usage } = await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "What is warp?" }]
  })
  const { completion_tokens = 0, prompt_tokens = 0, prompt_tokens_details } = usage ?? {}
  const cached = prompt_tokens_details?.cached_tokens ?? 0
  const usd = ((prompt_tokens - cached) * 0.15 + cached * 0.075 + completion_tokens * 0.6) / 1e6
  // end
  console.log(`cost: $${usd.toFixed(9)}, by prices that you keep up to date`)
}

{
  const baseUrl = sandbox.baseUrl("openai")
  process.env["NEWCO_API_KEY"] = "sk-sandbox"
  // vendor
  const newco = new OpenAI({ baseURL: baseUrl, apiKey: process.env["NEWCO_API_KEY"] })

  const { choices } = await newco.chat.completions.create({
    model: "gpt-4.1",
    messages: [{ role: "user", content: "Hello" }]
  })
  // end
  console.log(`vendor: ${choices[0]?.message.content ? "it answers" : "nothing"}`)
}

await close()
