/**
 * A vendor with a protocol of its own, as a layer: what it is asked, what it says, how it fails, and the types of both.
 * All else (retries, routes, the cache, cost, records) is Loom's. It runs against a server of its own, without a key:
 * `node --conditions=loom-source scratchpad/ownVendor.ts`.
 */
import { Console, Effect, Layer, Schema } from "effect"
import { Response } from "effect/ai"
import {
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Loom,
  Request,
  RetryPolicy,
  Transport,
  Usage
} from "loom-router"
import { strict as assert } from "node:assert"
import { createServer } from "node:http"

const Reply = Schema.Struct({ woven: Schema.String, threads: Schema.Struct({ in: Schema.Int, out: Schema.Int }) })

declare module "loom-router" {
  namespace Providers {
    interface Vendors {
      readonly spinners: { readonly request: { readonly twist?: "s" | "z" }; readonly reply: typeof Reply.Type }
    }
  }
}

const spinners = (baseUrl: string): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(
    Generator.Generator,
    Effect.map(Transport.Transport, ({ vendor }) => {
      // Bound to this address: it goes nowhere else, and is bounded in time and size.
      const fetch = vendor({ provider: "spinners", baseUrl })

      return Generator.make(Generator.whole(Effect.fnUntraced(function*(request) {
        const fail = (reason: GenerateError.Reason) => Request.fail(request, reason)
        const body = JSON.stringify({ model: request.model.upstream, prompt: request.prompt, ...request.native })
        const answer = yield* Effect.tryPromise({
          try: (signal) => fetch(`${baseUrl}/weave`, { method: "POST", body, signal }),
          catch: () => fail(new GenerateError.Network({ detail: "it can't be reached", sent: "maybe" }))
        })
        if (answer.status === 429) return yield* fail(new GenerateError.RateLimited({ detail: "too many threads" }))
        if (!answer.ok) return yield* fail(new GenerateError.InvalidRequest({ detail: `it says ${answer.status}` }))
        const native = yield* Effect.tryPromise(() => answer.json()).pipe(
          Effect.flatMap(Schema.decodeUnknownEffect(Reply)),
          Effect.mapError(() => fail(new GenerateError.InvalidResponse({ detail: "that is no reply" })))
        )
        return Generation.make({
          provider: request.model.provider,
          model: request.model.id,
          content: [Response.makePart("text", { text: native.woven })],
          finishReason: "stop",
          usage: Usage.make({ inputUncached: native.threads.in, outputText: native.threads.out }),
          requestId: undefined,
          native
        })
      })))
    })
  )

const catalog = Catalog.registerModel(Catalog.bundled, {
  provider: "spinners",
  model: "jenny",
  inputCostPer1M: 1,
  outputCostPer1M: 2
})

const program = Effect.gen(function*() {
  const ask = Loom.generate({ provider: "spinners", model: "jenny", prompt: "Spin.", native: { twist: "z" } })
  const { attempts, cost, native, text } = yield* ask
  yield* Console.log(`${text} ${attempts.map(({ outcome }) => outcome).join(", ")}; $${cost.usd}`)
  assert.deepEqual([native.threads.in, cost.usd], [10, 0.00005])
  assert.equal((yield* ask).cache, "hit")
  yield* Console.log("The second time from the cache")
})

const said = { woven: "Spun, with a twist.", threads: { in: 10, out: 20 } }
let requests = 0
const server = createServer((_, response) => {
  const isBusy = requests++ === 0
  response.writeHead(isBusy ? 429 : 200, { "content-type": "application/json" }).end(JSON.stringify(said))
}).listen(0, "127.0.0.1")
await new Promise((listening) => server.once("listening", listening))
const address = server.address()
const baseUrl = typeof address === "object" ? `http://127.0.0.1:${address?.port}` : ""

const loom = Loom.layer({
  catalog,
  providers: { spinners: spinners(baseUrl) },
  cache: { ttl: "1 hour" },
  retry: RetryPolicy.make({ baseDelay: "10 millis" })
})
await Effect.runPromise(Effect.provide(program, loom))
server.close()
