/** A vendor that costs almost nothing: canned answers, one process of its own. Prints its port. */
import { createServer } from "node:http"

const usage = {
  input_tokens: 1180,
  input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 0 },
  output_tokens: 42
}

const response = JSON.stringify({
  id: "resp_1",
  object: "response",
  created_at: 1795430400,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "gpt-4o-mini-2024-07-18",
  output: [{
    id: "msg_1",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text: "Looms weave threads. ".repeat(8), annotations: [], logprobs: [] }]
  }],
  service_tier: "default",
  usage: { ...usage, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 1222 }
})

const chunk = (delta: object, finish: string | null, usage: object | null) =>
  `data: ${
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1795430400,
      model: "gpt-4o-mini-2024-07-18",
      choices: usage === null ? [{ index: 0, delta, logprobs: null, finish_reason: finish }] : [],
      usage
    })
  }\n\n`

const chunks = 1000
const stream = [
  chunk({ role: "assistant", content: "" }, null, null),
  ...Array.from({ length: chunks }, (_, n) => chunk({ content: `thread ${n} ` }, null, null)),
  chunk({}, "stop", null),
  chunk({}, null, {
    prompt_tokens: 1180,
    completion_tokens: 1000,
    total_tokens: 2180,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 }
  }),
  "data: [DONE]\n\n"
]
/** Ten events a packet, as a busy network delivers them. */
const packets = Array.from(
  { length: Math.ceil(stream.length / 10) },
  (_, n) => stream.slice(n * 10, n * 10 + 10).join("")
)

/** Requests below `/slow` are held until `/release` is asked; `/held` tells how many are, `/count` how many came. */
let held: Array<() => void> | undefined = []
let count = 0

const server = createServer((request, reply) => {
  request.resume().on("end", () => {
    if (request.url === "/held") {
      reply.end(String(held?.length ?? 0))
      return
    }
    if (request.url === "/count") {
      reply.end(String(count))
      return
    }
    if (request.url === "/release") {
      for (const answer of held ?? []) answer()
      held = undefined
      reply.end()
      return
    }
    if (request.url?.startsWith("/slow") === true) {
      count++
      const answer = () => {
        reply.writeHead(200, { "content-type": "application/json", "x-request-id": "req_1" })
        reply.end(response)
      }
      if (held === undefined) answer()
      else held.push(answer)
      return
    }
    if (request.url?.endsWith("/responses") === true) {
      reply.writeHead(200, { "content-type": "application/json", "x-request-id": "req_1" })
      reply.end(response)
      return
    }
    reply.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_1" })
    let sent = 0
    const next = () => {
      const packet = packets[sent++]
      if (packet === undefined) reply.end()
      else reply.write(packet, () => setImmediate(next))
    }
    next()
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.stdout.write(`${address.port}\n`)
})
