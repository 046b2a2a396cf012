/**
 * What every vendor of images must do, run over real sockets against the sandbox. Titles carry the vendor's key and
 * "image".
 */
import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Stream } from "effect"
import type { Response } from "effect/ai"
import {
  type Attempt,
  type Catalog,
  type GenerateOptions,
  Generation,
  Images,
  Loom,
  type Providers,
  RetryPolicy,
  type Transport
} from "loom-router"
import type { JournalEntry } from "loom-router/sandbox"
import { type Case, testKey } from "./contract.ts"
import { billed, type Box, failure, inWorld, november, type Setup, spent, type World } from "./world.ts"

/** What a vendor can't do, by a line of its facts. */
export interface Unsupported {
  readonly unsupported: string
}

type Options = Partial<Omit<GenerateOptions.Common, "prompt">>

/** A vendor, as far as the contract has to know it. */
export interface ImageVendor {
  /** Its key in the catalog. */
  readonly key: string
  /** What titles call it, where that isn't the key. */
  readonly title?: string | undefined
  /** The environment variable that its key is read from. */
  readonly apiKeyEnv: string
  readonly catalog?: ((sandbox: Box) => Catalog.Catalog) | undefined
  readonly providers: (
    sandbox: Box,
    options: { readonly limits?: Partial<Transport.Limits> | undefined }
  ) => Readonly<Record<string, Providers.Source>>
  readonly model: string
  /** How large it is asked to be, and is. */
  readonly size: { readonly asked: Options; readonly width: number; readonly height: number }
  /** What it makes where nobody says. */
  readonly mediaType: string
  /** The formats that can be asked for, or none. */
  readonly formats: ReadonlyArray<"png" | "jpeg" | "webp">
  /** What it refuses before anything is sent, each with the field that the error names. */
  readonly refuses: ReadonlyArray<readonly [field: string, options: Options]>
  /** Where the wire carries what was asked. */
  readonly wire: {
    readonly prompt: (body: Body) => unknown
    readonly seed?: ((body: Body) => unknown) | undefined
    readonly negativePrompt?: ((body: Body) => unknown) | undefined
    readonly quality?: { readonly asked: string; readonly at: (body: Body) => unknown } | undefined
  }
  /** One of its own options, and where the wire carries it. */
  readonly native: { readonly options: Readonly<Record<string, unknown>>; readonly at: (body: Body) => unknown }
  /** Whether its answers have an id, which is so unless it says otherwise. */
  readonly requestIds?: false | undefined
  readonly can: {
    /** `at once`: by one request; `one by one`: by a request for each. */
    readonly n: "at once" | "one by one"
    /** Pictures to start from: how many arrived. */
    readonly edit: { readonly model?: string | undefined; readonly arrived: (body: Body) => number } | Unsupported
    /** Gives addresses of pictures on to the vendor; otherwise Loom fetches them. */
    readonly givesLinks: boolean
    readonly mask: boolean | Unsupported
    /** Works by jobs. */
    readonly job: { readonly cancel: boolean } | false
    /** Answers with links. */
    readonly link: boolean
    /** Shows images before they are finished. */
    readonly partials: boolean
    /** What of moderation the vendor charges for, as attempts say. */
    readonly moderation: {
      readonly input: Attempt.Attempt["billed"] | Unsupported
      readonly output: Attempt.Attempt["billed"] | Unsupported
    }
    /** Takes some of several pictures away. */
    readonly withholdsOne?: boolean | undefined
    /** Statuses of a submit that are tried again. */
    readonly repeated: ReadonlyArray<number>
  }
}

type Body = Readonly<Record<string, unknown>>

/** A PNG of one pixel. */
const pixel = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

interface ImageWorld extends World {
  /** Ends the waits that are for giving up. */
  readonly release: () => void
}

/**
 * A clock on which nobody waits for a vendor's advice, and nobody gives up before it is time to: waits between two looks
 * and before another try pass at once, those of half a minute and more are held. What a cancelled job has left is real.
 */
const patient = () => {
  const held = new Set<() => void>()
  const clock = november((duration) =>
    Effect.callback((resume) => {
      const millis = Duration.toMillis(duration)
      const wake = () => resume(Effect.void)
      if (millis >= 30_000) {
        held.add(wake)
        return Effect.sync(() => held.delete(wake))
      }
      const timer = setTimeout(wake, millis > 2500 && millis < 4000 ? millis : 1)
      return Effect.sync(() => clearTimeout(timer))
    })
  )
  return { clock, release: () => held.forEach((wake) => wake()) }
}

/** What an answer is, apart from where it came from. */
const essence = ({ content, finishReason, usage }: Generation.Generation) => ({
  finishReason,
  usage,
  content: content.map((part) => part.type === "file" ? [part.mediaType, Images.dimensions(part)] : part)
})

const isAble = <A>(ability: A | Unsupported): ability is A =>
  typeof ability !== "object" || ability === null || !("unsupported" in ability)

/** The records of the vendors that were held to the contract. */
export const imageVendors: Array<ImageVendor> = []

/** The quick run draws fewer pictures: every third case, from vendor to vendor another third. */
const isQuick = process.env["LOOM_TEST"] !== "full"

export const imageContract = (vendor: ImageVendor): void => {
  const third = imageVendors.push(vendor) + vendor.key.length
  imageCasesOf(vendor).forEach(({ body, setup, title }, index) => {
    if (!isQuick || (index + third) % 3 === 0) it.live(title, () => inWorld(setup, body))
  })
}

/** What the contract asks of a vendor. */
export const imageCasesOf = (vendor: ImageVendor): ReadonlyArray<Case> => {
  const { can, size, wire } = vendor
  const cases: Array<Case> = []
  const model: `${string}/${string}` = `${vendor.key}/${vendor.model}`
  const asked = { model, ...size.asked }

  const test = (
    capability: string,
    body: (world: ImageWorld) => ReturnType<Case["body"]>,
    options?: Partial<Setup>,
    limits?: Partial<Transport.Limits>
  ) => {
    cases.push({
      title: `${vendor.title ?? vendor.key}: image ${capability}`,
      setup: {
        catalog: vendor.catalog,
        providers: (sandbox) => vendor.providers(sandbox, { limits }),
        environment: { [vendor.apiKeyEnv]: testKey },
        ...options
      },
      body: function*(world) {
        const { clock, release } = patient()
        yield* Effect.provideService(Effect.gen(() => body({ ...world, release })), Clock.Clock, clock)
      }
    })
  }

  const isImage = (part: Response.FilePart | undefined, mediaType = vendor.mediaType) => {
    assert.strictEqual(part?.mediaType, mediaType)
    assert.deepStrictEqual(part && Images.dimensions(part), { width: size.width, height: size.height })
  }

  test("generate", function*({ records, sandbox }) {
    const answer = yield* Loom.generate({ ...asked, prompt: "A loom in the evening sun" })
    assert.lengthOf(answer.images, 1)
    isImage(answer.images[0])
    assert.strictEqual(answer.provider, vendor.key)
    assert.strictEqual(answer.finishReason, "stop")
    assert.strictEqual(answer.cost.status, "measured")
    assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    assert.deepStrictEqual(answer.warnings, [])
    assert.lengthOf(answer.attempts, 1)
    assert.deepInclude(answer.attempts[0], { outcome: "ok", billed: "yes" })
    if (vendor.requestIds !== false) assert.isNotEmpty(answer.requestId)
    assert.deepInclude(records[0], { outcome: "ok", modality: "image", operation: "generate" })
    assert.include(String(wire.prompt(yield* submitted(sandbox))), "A loom in the evening sun")
    yield* submits(sandbox, 1)
  })

  test("prompt: all that was said, in order", function*({ sandbox }) {
    yield* Loom.generate({ ...asked, system: "In oil.", prompt: [{ role: "user", content: "A loom." }] })
    assert.strictEqual(wire.prompt(yield* submitted(sandbox)), "In oil.\n\nA loom.")
  })

  test("prompt: a conversation is refused unless it is the vendor's to have", function*({ sandbox }) {
    const error = yield* failure(
      Loom.generate({
        ...asked,
        prompt: [{ role: "assistant", content: "Here it is." }, { role: "user", content: "Red." }]
      })
    )
    assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
    assert.deepStrictEqual(yield* sandbox.journal, [])
  })

  test("native", function*({ sandbox }) {
    yield* Loom.generate({ ...asked, prompt: "A loom", native: vendor.native.options })
    assert.deepStrictEqual(
      vendor.native.at(yield* submitted(sandbox)),
      Object.values(vendor.native.options)[0]
    )
  })

  for (const format of vendor.formats) {
    test(`format: ${format}`, function*() {
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom", format })
      isImage(answer.images[0], `image/${format}`)
    })
  }

  if (wire.seed !== undefined) {
    const { seed } = wire
    test("seed", function*({ sandbox }) {
      yield* Loom.generate({ ...asked, prompt: "A loom", seed: 7 })
      assert.strictEqual(Number(seed(yield* submitted(sandbox))), 7)
    })
  }

  if (wire.negativePrompt !== undefined) {
    const { negativePrompt } = wire
    test("negative prompt", function*({ sandbox }) {
      yield* Loom.generate({ ...asked, prompt: "A loom", negativePrompt: "people" })
      assert.strictEqual(negativePrompt(yield* submitted(sandbox)), "people")
    })
  }

  if (wire.quality !== undefined) {
    const { quality } = wire
    test("quality", function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom", quality: quality.asked })
      assert.strictEqual(quality.at(yield* submitted(sandbox)), quality.asked)
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    })
  }

  for (const [field, options] of vendor.refuses) {
    test(`refuses ${field} before anything is sent, and says what it can`, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom", ...options }))
      assert.strictEqual("feature" in error.reason ? error.reason.feature : Reflect.get(error.reason, "field"), field)
      assert.isAbove(error.why.length, field.length + 10)
      assert.deepStrictEqual(yield* sandbox.journal, [])
      assert.deepStrictEqual(error.attempts, [])
    })
  }

  test(`n: several images, ${can.n}`, function*({ sandbox }) {
    const answer = yield* Loom.generate({ ...asked, prompt: "A loom", n: 3 })
    assert.lengthOf(answer.images, 3)
    for (const image of answer.images) isImage(image)
    assert.strictEqual(new Set(answer.images.map(({ data }) => Buffer.from(data).toString("base64"))).size, 3)
    assert.strictEqual(answer.cost.status, "measured")
    assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
    assert.strictEqual(answer.usage.images.reduce((sum, { count }) => sum + count, 0), 3)
    const requests = can.n === "at once" ? 1 : 3
    assert.lengthOf(answer.attempts, requests)
    yield* submits(sandbox, requests)
  })

  if (can.n === "one by one") {
    test("n: what was made is answered with, and nothing is paid twice", function*({ sandbox }) {
      yield* sandbox.script({ step: "submit", respond: { status: 500 } })
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom", n: 3 })
      assert.lengthOf(answer.images, 2)
      assert.lengthOf(answer.warnings, 1)
      assert.lengthOf(answer.attempts, 3)
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
      yield* submits(sandbox, 3, 2)
    })

    test("n: where all fail it is tried again", function*({ sandbox }) {
      yield* sandbox.script({ step: "submit", respond: { status: 500 }, times: 2 })
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom", n: 2 })
      assert.lengthOf(answer.images, 2)
      yield* submits(sandbox, 4, 2)
    })
  }

  if (isAble(can.edit)) {
    const { arrived, model: editor = vendor.model } = can.edit
    const edited = { ...asked, model: `${vendor.key}/${editor}` as const }
    const withPicture = (data: Uint8Array | URL): GenerateOptions.Common["prompt"] => [{
      role: "user",
      content: [{ type: "text", text: "As a woodcut" }, { type: "file", mediaType: "image/png", data }]
    }]

    test("edit: from a picture", function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...edited, prompt: withPicture(pixel) })
      isImage(answer.images[0])
      assert.strictEqual(arrived(yield* submitted(sandbox)), 1)
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
      yield* submits(sandbox, 1)
    })

    test("edit: a picture at an address", function*({ sandbox }) {
      // Nothing that a caller names is fetched from a private host.
      const url = new URL(can.givesLinks ? "https://pictures.example/loom.png" : `${sandbox.url}/files/loom.png`)
      const asking = Loom.generate({ ...edited, prompt: withPicture(url) })
      if (can.givesLinks) {
        isImage((yield* asking).images[0])
        assert.include(JSON.stringify(yield* submitted(sandbox)), url.href)
        return
      }
      const error = yield* failure(asking)
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.include(error.why, "isn't public")
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })

    test("edit: what is no picture is refused before anything is sent", function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...edited, prompt: withPicture(new Uint8Array([1, 2, 3])) }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })

    if (can.mask === true) {
      test("edit: with a mask", function*({ sandbox }) {
        const answer = yield* Loom.generate({ ...edited, prompt: withPicture(pixel), mask: pixel })
        isImage(answer.images[0])
        assert.strictEqual(arrived(yield* submitted(sandbox)), 2)
      })
    }
  } else {
    test(`edit: unsupported (${can.edit.unsupported})`, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({
        ...asked,
        prompt: [{ role: "user", content: [{ type: "file", mediaType: "image/png", data: pixel }] }]
      }))
      assert.include(["InvalidRequest", "Unsupported"], error.reason._tag)
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })
  }

  if (isAble(can.mask) ? !can.mask : true) {
    const why = isAble(can.mask) ? "" : ` (${can.mask.unsupported})`
    test(`mask: unsupported${why}`, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom", mask: pixel }))
      assert.include(["InvalidRequest", "Unsupported"], error.reason._tag)
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })
  }

  /** Also where what may be billed may be repeated: one that was accepted isn't. */
  const greedy = { retry: RetryPolicy.make({ baseDelay: "1 millis", retryMaybeBilled: true }) }

  for (const stage of ["input", "output"] as const) {
    const outcome = can.moderation[stage]
    if (!isAble(outcome)) continue
    test(`moderation of ${stage === "input" ? "what was asked" : "what was made"}`, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, prompt: `A loom [block ${stage}]` }))
      assert.strictEqual(error.reason._tag, "ContentFiltered")
      assert.lengthOf(error.attempts, 1)
      assert.deepInclude(error.attempts[0], { outcome: "ContentFiltered", billed: outcome })
      if (outcome === "yes") assert.strictEqual(spent(error.attempts), yield* billed(sandbox))
      assert.isFalse(error.failover)
      yield* asks(sandbox, 1)
    }, greedy)
  }

  if (can.withholdsOne === true) {
    test("moderation of one of several", function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom [block one]", n: 2 })
      assert.lengthOf(answer.images, 1)
      assert.lengthOf(answer.warnings, 1)
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
    })
  }

  test("no picture in the answer", function*({ sandbox }) {
    const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom [no image]" }))
    assert.strictEqual(error.reason._tag, "InvalidResponse")
    assert.notStrictEqual(error.attempts[0]?.billed, "no")
    yield* asks(sandbox, error.attempts.length)
  })

  for (const [what, mark] of [["something else", "[html]"], ["a picture that is too large", "[huge: 1]"]] as const) {
    test(
      `${what} in place of the picture`,
      function*({ sandbox }) {
        const error = yield* failure(Loom.generate({ ...asked, prompt: `A loom ${mark}` }))
        assert.strictEqual(error.reason._tag, "InvalidResponse")
        assert.lengthOf(error.attempts, 1)
        if (mark === "[html]" || can.link) {
          assert.strictEqual(error.attempts[0]?.billed, "yes")
          assert.strictEqual(spent(error.attempts), yield* billed(sandbox))
        }
        yield* asks(sandbox, 1)
      },
      {},
      { maxBodyBytes: 900_000 }
    )
  }

  if (can.link) {
    test("link: read without a key", function*({ sandbox }) {
      yield* Loom.generate({ ...asked, prompt: "A loom" })
      const link = (yield* sandbox.journal).find(({ step }) => step === "link")
      assert.strictEqual(link?.status, 200)
      assert.notInclude(JSON.stringify(link?.headers), testKey.slice(-4))
    })

    test("link: expired", function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom [dead link]" }))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
      assert.include(error.why, "expired")
      assert.lengthOf(error.attempts, 1)
      assert.deepInclude(error.attempts[0], { billed: "yes" })
      assert.strictEqual(spent(error.attempts), yield* billed(sandbox))
      yield* submits(sandbox, 1)
    }, greedy)

    test("link: tried again by itself", function*({ sandbox }) {
      yield* sandbox.script({ step: "link", respond: { status: 503 } }, { step: "link", reset: true })
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom" })
      isImage(answer.images[0])
      assert.lengthOf(answer.attempts, 1)
      yield* submits(sandbox, 1)
    })
  }

  if (can.job !== false) {
    const { cancel } = can.job

    test("job: looked at again where a look fails", function*({ sandbox }) {
      yield* sandbox.script(
        { step: "poll", respond: { status: 503 } },
        { step: "poll", respond: { status: 429 } },
        { step: "poll", reset: true }
      )
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom [polls: 2]" })
      isImage(answer.images[0])
      assert.lengthOf(answer.attempts, 1)
      yield* submits(sandbox, 1)
    })

    test("job: failed", function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom [job fails]" }))
      assert.isNotEmpty(error.jobId)
      assert.include(error.message, String(error.jobId))
      assert.lengthOf(error.attempts, 1)
      assert.strictEqual(error.attempts[0]?.requestId, error.requestId)
      yield* asks(sandbox, 1)
    }, greedy)

    test("job: not to be looked at", function*({ sandbox }) {
      yield* sandbox.script({ step: "poll", respond: { status: 500 }, times: "always" })
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom" }))
      assert.isNotEmpty(error.jobId)
      assert.strictEqual(error.attempts[0]?.billed, "maybe")
      assert.lengthOf(error.attempts, 1)
      yield* submits(sandbox, 1)
    }, greedy)

    test("job: given up", function*({ release, sandbox }) {
      const asking = yield* Effect.forkChild(failure(Loom.generate({ ...asked, prompt: "A loom [polls: 100000]" })))
      yield* sandbox.awaitJournal((journal) => journal.some(({ ended, step }) => step === "poll" && ended))
      release()
      const error = yield* Fiber.join(asking)
      assert.deepInclude(error.reason, { _tag: "Timeout", phase: "attempt" })
      assert.isNotEmpty(error.jobId)
      assert.lengthOf(error.attempts, 1)
      assert.deepInclude(error.attempts[0], { billed: "maybe" })
      yield* submits(sandbox, 1)
      if (cancel) yield* cancelled(sandbox)
    }, greedy)

    test("job: left", function*({ records, sandbox }) {
      const asking = yield* Effect.forkChild(Loom.generate({ ...asked, prompt: "A loom [polls: 100000]" }))
      yield* sandbox.awaitJournal((journal) => journal.some(({ ended, step }) => step === "poll" && ended))
      yield* Fiber.interrupt(asking)
      assert.deepInclude(records[0], { outcome: "interrupted" })
      assert.deepInclude(records[0]?.attempts[0], { outcome: "interrupted", billed: "maybe" })
      yield* asks(sandbox, 1)
      if (cancel) yield* cancelled(sandbox)
    })
  }

  for (const status of can.repeated) {
    test(`${status} is tried again`, function*({ sandbox }) {
      yield* sandbox.script({ step: "submit", respond: { status } })
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom" })
      assert.lengthOf(answer.attempts, 2)
      assert.deepInclude(answer.attempts[0], { billed: "no" })
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
      yield* submits(sandbox, 2, 1)
    })
  }

  for (
    const [what, fault] of [
      ["502", { respond: { status: 502 } }],
      ["a broken connection", { reset: true }],
      ["an answer that is no JSON", { respond: { status: 200, body: "<html>" } }],
      ["an answer that says nothing", { respond: { status: 200, body: { nothing: true } } }]
    ] as const
  ) {
    test(`${what} isn't tried again: it may be paid`, function*({ sandbox }) {
      yield* sandbox.script({ step: "submit", ...fault })
      const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom" }))
      assert.include(["Overloaded", "Network", "InvalidResponse"], error.reason._tag)
      assert.lengthOf(error.attempts, 1)
      assert.strictEqual(error.attempts[0]?.billed, "maybe")
      yield* asks(sandbox, 1)
    })
  }

  test("a key that is refused", function*({ sandbox }) {
    const error = yield* failure(Loom.generate({ ...asked, prompt: "A loom" }))
    assert.deepInclude(error.reason, { _tag: "KeyRefused", source: vendor.apiKeyEnv })
    assert.notInclude(JSON.stringify(error), testKey)
    assert.lengthOf(yield* sandbox.journal, 1)
  }, { sandbox: { keys: ["another-key-0123456789"] } })

  test("stream: what is heard of it, then the image", function*({ records, sandbox }) {
    const parts = yield* Stream.runCollect(Loom.stream({ ...asked, prompt: "A loom [polls: 3]" }))
    const interim = parts.filter((part) => part.type === "progress" || part.type === "partial-image")
    assert.deepStrictEqual(parts.slice(interim.length).map(({ type }) => type), ["file", "finish"])
    if (can.job !== false) {
      assert.deepInclude(interim[0], { type: "progress", provider: vendor.key, status: "submitted" })
      assert.isAbove(interim.length, 2)
    }
    if (can.partials) {
      const [partial] = interim
      assert.deepInclude(partial, { type: "partial-image", index: 0, mediaType: vendor.mediaType })
      assert.deepStrictEqual(
        partial?.type === "partial-image" ? Images.dimensions(partial) : undefined,
        { width: size.width, height: size.height }
      )
    }
    const streamed = Generation.fromParts(parts)
    if (streamed === undefined) return assert.fail("the stream has no finish")
    isImage(streamed.images[0])
    assert.strictEqual(streamed.cost.picoUsd, yield* billed(sandbox))
    assert.deepInclude(records[0], { outcome: "ok", modality: "image", operation: "stream" })
    yield* submits(sandbox, 1)
    if (!can.partials) {
      const answer = yield* Loom.generate({ ...asked, prompt: "A loom [polls: 3]" })
      assert.deepStrictEqual(essence(streamed), essence(answer))
    }
  })

  test("stream: several images come as a whole", function*({ sandbox }) {
    const parts = yield* Stream.runCollect(Loom.stream({ ...asked, prompt: "A loom", n: 2 }))
    assert.deepStrictEqual(
      parts.filter(({ type }) => type !== "progress").map(({ type }) => type),
      ["file", "file", "finish"]
    )
    assert.strictEqual(Generation.fromParts(parts)?.cost.picoUsd, yield* billed(sandbox))
  })

  test("stream: who leaves early", function*({ records, sandbox }) {
    const reading = yield* Effect.forkChild(
      Stream.runDrain(Loom.stream({ ...asked, prompt: "A loom [polls: 100000]", native: {} }))
    )
    if (can.job === false) return yield* Fiber.join(reading)
    yield* sandbox.awaitJournal((journal) => journal.some(({ ended, step }) => step === "poll" && ended))
    yield* Fiber.interrupt(reading)
    assert.deepInclude(records[0], { outcome: "interrupted" })
    yield* asks(sandbox, 1)
    if (can.job.cancel) yield* cancelled(sandbox)
  })

  test("cache: kept with its bytes", function*({ sandbox }) {
    const first = yield* Loom.generate({ ...asked, prompt: "A loom", cache: { ttl: "1 hour" } })
    const again = yield* Loom.generate({ ...asked, prompt: "A loom", cache: { ttl: "1 hour" } })
    assert.strictEqual(again.cache, "hit")
    assert.deepStrictEqual(again.images, first.images)
    assert.strictEqual(again.cost.picoUsd, 0)
    assert.strictEqual(again.saved.responseCache, first.cost.picoUsd)
    yield* submits(sandbox, 1)
  }, { cache: { maxEntryBytes: 50_000_000 } })

  test("coalescing: two who ask the same pay once", function*({ sandbox }) {
    const ask = Loom.generate({ ...asked, prompt: "A loom" })
    const [one, other] = yield* Effect.all([ask, ask], { concurrency: 2 })
    assert.deepStrictEqual(one.images, other.images)
    yield* submits(sandbox, 1)
  })

  return cases
}

/** The body of the one request for an image. */
const submitted = (sandbox: Box): Effect.Effect<Body> =>
  Effect.map(sandbox.journal, (journal) => {
    const body = journal.find(({ step }) => step === "submit")?.body
    return typeof body === "object" && body !== null ? { ...body } : {}
  })

/** So many asked for an image, and so many of them were paid: all that were answered, unless it says otherwise. */
const submits = (sandbox: Box, count: number, paid = count): Effect.Effect<void> =>
  Effect.map(sandbox.journal, (journal) => {
    const submits = journal.filter(({ step }) => step === "submit")
    assert.lengthOf(submits, count)
    assert.lengthOf(submits.filter(({ charged }) => charged), paid)
  })

/** So many asked for an image. */
const asks = (sandbox: Box, count: number): Effect.Effect<void> =>
  Effect.map(sandbox.journal, (journal) => {
    assert.lengthOf(journal.filter(({ step }) => step === "submit"), count)
  })

const cancelled = (sandbox: Box): Effect.Effect<ReadonlyArray<JournalEntry>> =>
  sandbox.awaitJournal((journal) => journal.some(({ ended, step }) => step === "cancel" && ended))
