import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Generation, Loom, Router } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { inWorld } from "../providers/world.ts"

const codec = Schema.toCodecJson(Generation.Generation)

const read = Schema.decodeSync(Schema.fromJsonString(codec))

/** An answer as another program reads it. */
const wired = (generation: Generation.Generation): Generation.Generation =>
  read(JSON.stringify(Schema.encodeSync(codec)(generation)))

/** An answer without what its vendor has sent, which comes back as plain JSON. */
const told = ({ native: _, ...generation }: Generation.Generation) => generation

const model = "openai/gpt-4o-mini"

describe("Generation", () => {
  it.live("is one schema for a call, a stream's end, an object, a route, an image and a batch row", () =>
    inWorld({
      providers: (sandbox) => ({ openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }) }),
      environment: { OPENAI_API_KEY: "sk-test" },
      batches: { path: ":memory:" },
      sandbox: { batches: { takes: 0 } }
    }, function*() {
      const call = yield* Loom.generate({ model, prompt: "[say: hello]" })
      assert.deepInclude(call, { text: "hello", object: undefined, router: undefined })

      const parts = yield* Stream.runCollect(Loom.stream({ model, prompt: "[say: streamed]" }))
      const streamed = Generation.fromParts(parts) ?? assert.fail("the stream has no end")
      const finish = parts.at(-1)
      if (finish?.type !== "finish") return assert.fail("the end is another part")

      const Yarn = Schema.Struct({ color: Schema.String, meters: Schema.Int })
      const object = yield* Loom.generateObject({ model, prompt: "Invent a yarn", schema: Yarn })
      assert.isTrue(Schema.is(Yarn)(object.object))

      const router = Router.make({
        candidates: ["openai/gpt-4o", model],
        validator: ({ model }) => model.includes("mini")
      })
      const routed = yield* Loom.route(router, { prompt: "[say: routed]" })
      assert.deepStrictEqual(routed.router?.tried.map(({ outcome }) => outcome), ["Rejected", "ok"])

      const image = yield* Loom.generate({
        model: "openai/gpt-image-2.6-flare",
        prompt: "A loom, as a woodcut",
        size: "64x48",
        quality: "low"
      })
      assert.lengthOf(image.images, 1)

      const [row] = yield* Loom.submitBatch([{ model, prompt: "[say: row]" }]).pipe(
        Effect.flatMap((batch) => batch.wait({ pollInterval: "10 millis" })),
        Effect.flatMap(({ rows }) => Stream.runCollect(rows)),
        Effect.orDie
      )
      if (row?._tag !== "Success") return assert.fail("the row has failed")
      assert.isAbove(row.generation.saved.batch, 0)

      for (const generation of [call, streamed, object, routed, image, row.generation]) {
        const got = wired(generation)
        assert.deepStrictEqual(told(got), told(generation))
        assert.deepStrictEqual(got.native, JSON.parse(JSON.stringify(generation.native)))
      }
      const end = Schema.encodeSync(Schema.toCodecJson(Generation.FinishPart))(finish)
      assert.deepStrictEqual(told(read(JSON.stringify(end))), {
        ...told(streamed),
        text: "",
        images: [],
        content: []
      })
    }))
})
