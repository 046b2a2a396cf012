/**
 * One stream for all who ask the same at the same time: some from its beginning, one who comes late and one who leaves.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/dedup.ts`.
 */
import { Cause, Console, Deferred, Effect, Redacted, Stream } from "effect"
import { type CallRecord, type Generation, Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const usd = (amount: number) => `$${amount.toFixed(9)}`

const answer = Loom.stream({ model: "openai/gpt-4o-mini", prompt: "Tell a long story of a loom." })

/** Reads to the end: the text, and what the last part says. */
const read = Effect.fn("read")(function*(onPiece: (text: string) => Effect.Effect<unknown>) {
  let text = ""
  let finish: Generation.FinishPart | undefined
  yield* Stream.runForEach(answer, (part) => {
    if (part.type === "finish") finish = part
    if (part.type !== "text-delta") return Effect.void
    text += part.delta
    return onPiece(text)
  })
  return finish === undefined ? yield* Effect.die(new Error("the stream has no finish")) : { text, finish }
})

const readers = 50

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const records: Array<CallRecord.CallRecord> = []
  const openai = OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-sandbox") })
  const loom = Loom.layer({ providers: { openai }, onCall: (record) => void records.push(record) })

  const underWay = yield* Deferred.make<string>()
  const early = read((text) => text.length > 40 ? Deferred.succeed(underWay, text) : Effect.void)
  const leaver = Stream.runDrain(Stream.take(answer, 3))
  const late = Effect.gen(function*() {
    const shown = yield* Deferred.await(underWay)
    let first: string | undefined
    const { finish, text } = yield* read((text) => Effect.sync(() => first ??= text))
    return { finish, first, shown, text }
  })

  const [whole, latecomer] = yield* Effect.all(
    [Effect.all(Array.from({ length: readers }, () => early), { concurrency: "unbounded" }), late, leaver],
    { concurrency: "unbounded" }
  ).pipe(Effect.provide(loom))

  const journal = yield* sandbox.journal
  const [billed] = yield* sandbox.bill
  const texts = new Set([...whole, latecomer].map(({ text }) => text))
  const payers = records.filter(({ attempts }) => attempts.length > 0)
  const shared = records.filter(({ cache }) => cache === "coalesced")
  const left = records.filter(({ outcome }) => outcome === "interrupted")
  const paid = payers.flatMap(({ attempts }) => attempts).reduce((sum, { cost }) => sum + (cost?.usd ?? 0), 0)
  const saved = shared.reduce((sum, { saved }) => sum + (saved?.usd ?? 0), 0)
  yield* Console.log(`
${records.length} readers ask for the same stream at OpenAI.

  ${whole.length} read it from its beginning.
  1 comes when ${latecomer.shown.length} characters are out, and gets them all the same: ${
    JSON.stringify(latecomer.first)
  } first.
  ${left.length} leaves after three parts, and nobody notices.
  All who stay read ${texts.size === 1 ? "the same" : `${texts.size} different`} ${latecomer.text.length} characters.

  In the sandbox's journal: ${journal.length} request, ${
    journal[0]?.finished === true ? "answered in full" : "cut short"
  }.
  ${payers.length} of them pays ${usd(paid)}; the sandbox's bill says ${usd(Number(billed?.amount ?? 0n) / 1e12)}.
  ${shared.length} share what it bought, and save ${usd(saved)}.`)
}).pipe(
  Effect.provide(Sandbox.layer({ eventDelay: "10 millis" })),
  Effect.catchCause((cause) => {
    process.exitCode = 1
    return Console.error(Cause.pretty(cause))
  })
)

await Effect.runPromise(main)
