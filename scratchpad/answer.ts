/**
 * An HTTP server that answers questions: `GET /answer?q=…` gives `{ text, cost }`. A client that goes away takes the
 * vendor's request with it.
 *
 * Run it with a key, or on the sandbox: `OPENAI_BASE_URL=… OPENAI_API_KEY=sk-any node --conditions=loom-source
 * scratchpad/answer.ts`.
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Loom } from "loom-router"
import { createServer } from "node:http"

const Query = Schema.Struct({ q: Schema.NonEmptyString })

const answer = HttpRouter.add(
  "GET",
  "/answer",
  Effect.gen(function*() {
    const { q } = yield* HttpServerRequest.schemaSearchParams(Query)
    const { cost, text } = yield* Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: q })
    return yield* HttpServerResponse.json({ text, cost: cost.usd })
  }).pipe(
    Effect.catchTag("SchemaError", () => HttpServerResponse.json({ error: "ask with ?q=…" }, { status: 400 })),
    Effect.catchTag(
      "GenerateError",
      ({ fix, what, why }) => HttpServerResponse.json({ what, why, fix }, { status: 502 })
    )
  )
)

const server = Layer.unwrap(Effect.map(
  Config.Int("PORT").pipe(Config.withDefault(3000)),
  (port) => NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })
))

HttpRouter.serve(answer).pipe(Layer.provide(server), Layer.launch, NodeRuntime.runMain)
