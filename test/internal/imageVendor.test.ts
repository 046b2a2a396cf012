import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted, Schema } from "effect"
import { GenerateError, type Generator, Model, Price, Request, Transport } from "loom-router"
import type { Answer, Made } from "../../src/internal/imageAnswer.ts"
import * as ImageVendor from "../../src/internal/imageVendor.ts"
import { failure } from "../providers/world.ts"

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
)

const secret = "key-0123456789abcdef"

interface Sent {
  readonly base: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A transport that answers from a function, and what was sent on it with a key and without. */
const scripted = (answer: (url: string, body: unknown) => Response | Promise<Response>) => {
  const sent: Array<Sent> = []
  const links: Array<string> = []
  const transport = Transport.Transport.of({
    vendor: ({ baseUrl }) => async (input, init) => {
      const url = addressOf(input)
      const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : init?.body
      sent.push({ base: new URL(baseUrl).origin, url, headers: { ...init?.headers as Record<string, string> }, body })
      return answer(url, body)
    },
    infrastructure: () => () => Promise.reject(new Error("nobody asks that")),
    link: () => async (input) => {
      links.push(addressOf(input))
      return answer(addressOf(input), undefined)
    }
  })
  return { sent, links, transport }
}

const addressOf = (input: string | URL | globalThis.Request): string =>
  input instanceof globalThis.Request ? input.url : input.toString()

const json = (value: unknown, status = 200) => Response.json(value, { status })

const brush = Model.make({
  provider: "acme",
  id: "brush",
  modality: "image",
  prices: [Price.make({ perImage: [{ rate: 10_000_000_000 }] })]
})

const Reply = Schema.Struct({ id: Schema.optional(Schema.String), next: Schema.optional(Schema.String) })

/** A vendor that posts a prompt, and makes of the reply what a test says. */
const vendorOf = (
  rest: Partial<ImageVendor.Vendor<string>>,
  answerOf: (reply: ImageVendor.Reply<typeof Reply.Type>, wire: ImageVendor.Wire) => Effect.Effect<
    Answer,
    GenerateError.GenerateError
  >
): ImageVendor.Vendor<string> => ({
  provider: "acme",
  baseUrl: "https://api.acme.test/v1",
  apiKeyEnv: "ACME_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  domains: ["acme.test"],
  takesLinks: false,
  write: (_, { prompt }) => prompt,
  ask: (prompt, wire) =>
    Effect.flatMap(
      wire.send(Reply, { method: "POST", to: "/images", json: { prompt } }),
      (reply) => answerOf(reply, wire)
    ),
  refusalOf: ({ message }) => ({ detail: message }),
  ...rest
})

const made = (...pictures: ReadonlyArray<Made>) => () => Effect.succeed<Answer>({ pictures, native: {} })

const made1 = made({ bytes: pixel })

const run = Effect.fnUntraced(function*(
  vendor: ImageVendor.Vendor<string>,
  transport: Transport.Transport["Service"],
  use: (generator: Generator.Generator, request: Request.Request) => Effect.Effect<void, GenerateError.GenerateError>,
  options?: ImageVendor.Options
) {
  const generator = yield* Effect.provideService(
    ImageVendor.make(vendor)({ apiKey: Redacted.make(secret), ...options }),
    Transport.Transport,
    transport
  )
  const request = yield* Request.fromPrompt("A loom", { model: brush, modality: "image" })
  yield* use(generator, request)
})

describe("make", () => {
  it.effect("asks at addresses that the vendor names, as long as they are the vendor's", () =>
    Effect.gen(function*() {
      const ask = (next: string) => {
        const { sent, transport } = scripted((url) => json(url.endsWith("/images") ? { next } : {}))
        const vendor = vendorOf({}, (reply, wire) =>
          Effect.flatMap(wire.send(Reply, { method: "GET", to: reply.value.next ?? "" }), made1))
        return {
          sent,
          run: (use: Parameters<typeof run>[2]) =>
            run(vendor, transport, use)
        }
      }
      for (
        const own of [
          "/jobs/1",
          // A path, whatever it looks like.
          "//evil.test/1",
          "https://api.acme.test/v2/jobs/1",
          "https://eu.api.acme.test/jobs/1",
          "https://acme.test/1"
        ]
      ) {
        const { run, sent } = ask(own)
        yield* run((generator, request) => Effect.asVoid(generator.generate(request)))
        const [, second] = sent
        assert.strictEqual(second?.url, own.startsWith("/") ? `https://api.acme.test/v1${own}` : own)
        assert.strictEqual(second?.base, new URL(second?.url ?? "").origin)
        assert.strictEqual(second?.headers.authorization, `Bearer ${secret}`)
      }
      for (
        const foreign of [
          "https://acme.test.evil.test/1",
          "https://evilacme.test/1",
          "http://eu.api.acme.test/1",
          "http://api.acme.test/1",
          "https://user:word@eu.acme.test/1",
          "https://api.acme.test@evil.test/1",
          "file:///etc/passwd",
          "jobs/1"
        ]
      ) {
        const { run, sent } = ask(foreign)
        yield* run((generator, request) =>
          Effect.map(
            failure(generator.generate(request)),
            ({ reason }) => assert.strictEqual(reason._tag, "InvalidResponse", foreign)
          )
        )
        assert.isTrue(sent.every(({ url }) => new URL(url).host === "api.acme.test"), foreign)
      }
    }))

  it.effect("gives the whole message to who signs it", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted(() => json({}))
      const vendor = vendorOf({
        headers: (secret, { body, method, url }, now) => ({
          "x-signature": `${secret} ${now} ${method} ${url.pathname} ${body}`
        })
      }, made1)
      yield* run(vendor, transport, (generator, request) => Effect.asVoid(generator.generate(request)))
      assert.strictEqual(sent[0]?.headers["x-signature"], `${secret} 0 POST /v1/images {"prompt":"A loom"}`)
    }))

  it.effect("reads a failure that a good status hides, without the key in its words", () =>
    Effect.gen(function*() {
      const { transport } = scripted(() => json({ code: 1026, words: `no, ${secret}` }))
      const vendor = vendorOf({
        errorIn: ({ code, words }) =>
          code === 1026
            ? {
              message: String(words),
              reason: (detail) => new GenerateError.ContentFiltered({ detail }),
              billed: "no"
            }
            : undefined
      }, made1)
      yield* run(vendor, transport, (generator, request) =>
        Effect.gen(function*() {
          const { billed, reason } = yield* failure(generator.generate(request))
          assert.deepInclude(reason, { _tag: "ContentFiltered", detail: "no, <key>" })
          assert.strictEqual(billed, "no")
          assert.deepInclude(request.call.attempts[0], { billed: "no" })
        }))
    }))

  it.effect("reads an error that comes with a good status as the vendor reads its errors, and signs with the key's own source", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted(() => json({ error: { message: `no, ${secret}` } }))
      const key = Redacted.make(secret)
      const vendor = vendorOf({
        isRefusal: ({ error }) => error !== undefined,
        refusalOf: ({ body, status }) => ({
          detail: `${status} ${JSON.stringify(body)}`,
          kind: "key",
          requestId: "r-1"
        }),
        keySource: Effect.succeed({
          read: () => Effect.succeed(key),
          refetch: () => Effect.succeed(key),
          nameOf: () => "both secrets"
        })
      }, made1)
      yield* run(vendor, transport, (generator, request) =>
        Effect.gen(function*() {
          const { reason, requestId } = yield* failure(generator.generate(request))
          assert.deepInclude(reason, {
            _tag: "KeyRefused",
            source: "both secrets",
            detail: "200 {\"error\":{\"message\":\"no, <key>\"}}"
          })
          assert.strictEqual(requestId, "r-1")
        }), { apiKey: Redacted.make("another") })
      assert.deepStrictEqual(sent.map(({ headers }) => headers["authorization"]), [`Bearer ${secret}`])
    }))

  it.effect("answers with the pictures that can be read, and says which can't", () =>
    Effect.gen(function*() {
      const { links, transport } = scripted((url) =>
        url.endsWith("/good")
          ? new Response(pixel)
          : url.endsWith("/bad")
          ? new Response("gone", { status: 404 })
          : json({})
      )
      const vendor = vendorOf(
        {},
        () =>
          Effect.succeed<Answer>({
            pictures: [
              { url: "https://cdn.elsewhere.test/good", seed: 7, revisedPrompt: "A wooden loom" },
              { url: "https://cdn.elsewhere.test/bad" }
            ],
            withheld: ["not safe"],
            native: {}
          })
      )
      yield* run(vendor, transport, (generator, request) =>
        Effect.gen(function*() {
          const { cost, images, usage, warnings } = yield* generator.generate(request)
          assert.lengthOf(images, 1)
          assert.deepStrictEqual(images[0]?.metadata, { loom: { seed: 7, revisedPrompt: "A wooden loom" } })
          assert.lengthOf(warnings, 2)
          assert.match(warnings[0] ?? "", /couldn't be read, and is paid: .*404/)
          assert.match(warnings[1] ?? "", /withheld: not safe/)
          assert.deepStrictEqual(usage.images.reduce((sum, { count }) => sum + count, 0), 2)
          assert.strictEqual(cost.usd, 0.02)
        }))
      assert.deepStrictEqual(links, ["https://cdn.elsewhere.test/good", "https://cdn.elsewhere.test/bad"])
    }))

  it.effect("has no more under way with one key than the vendor takes", () =>
    Effect.gen(function*() {
      const open = yield* Deferred.make<void>()
      let most = 0
      let underWay = 0
      const { sent, transport } = scripted(() => json({}))
      const vendor = vendorOf({ concurrency: 2 }, () =>
        Effect.gen(function*() {
          most = Math.max(most, ++underWay)
          yield* Deferred.await(open)
          underWay--
          return yield* made1()
        }))
      yield* run(vendor, transport, (generator, request) =>
        Effect.gen(function*() {
          const calls = yield* Effect.forkChild(
            Effect.forEach([1, 2, 3, 4], () => generator.generate(request), { concurrency: 4 })
          )
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          yield* Effect.repeat(Effect.yieldNow, { until: () => most === 2 })
          yield* Deferred.succeed(open, undefined)
          yield* Fiber.join(calls)
        }))
      assert.strictEqual(most, 2)
      assert.lengthOf(sent, 4)
    }))

  it.effect("writes before it asks for a key: what can't be sent is no attempt", () =>
    Effect.gen(function*() {
      const { sent, transport } = scripted(() => json({}))
      const vendor = vendorOf({
        write: () => {
          throw new TypeError("circular")
        }
      }, made1)
      yield* run(vendor, transport, (generator, request) =>
        Effect.gen(function*() {
          const { reason } = yield* failure(generator.generate(request))
          assert.deepInclude(reason, { _tag: "InvalidRequest" })
          assert.deepStrictEqual(request.call.attempts, [])
        }))
      assert.deepStrictEqual(sent, [])
    }))

  it.effect("fetches what the caller names for a vendor that takes no addresses", () =>
    Effect.gen(function*() {
      const given: Array<unknown> = []
      const { links, transport } = scripted((url) => url.endsWith(".png") ? new Response(pixel) : json({}))
      const vendor = vendorOf({
        write: (_, asked) => {
          given.push(...asked.images, asked.mask)
          return asked.prompt
        }
      }, made1)
      yield* run(vendor, transport, (generator, { call }) =>
        Effect.gen(function*() {
          const content = [
            { type: "text", text: "Brighter" },
            { type: "file", mediaType: "image/png", data: new URL("https://pictures.test/a.png") },
            { type: "file", mediaType: "image/png", data: pixel.toString("base64") }
          ] as const
          const request = yield* Request.fromPrompt([{ role: "user", content }], { model: brush, modality: "image" })
          const mask = "https://pictures.test/m.png" as const
          yield* generator.generate({ ...request, call, params: { mask } })
        }))
      assert.deepStrictEqual(links, ["https://pictures.test/a.png", "https://pictures.test/m.png"])
      const picture = { bytes: new Uint8Array(pixel), mediaType: "image/png", name: "image.png" }
      assert.deepStrictEqual(given, [picture, picture, { ...picture, name: "mask.png" }])
    }))
})
