/**
 * `loom doctor prompts`
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Call from "../Call.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import * as PromptCache from "../PromptCache.ts"
import * as BatchLines from "./BatchLines.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output, type Style } from "./Output.ts"
import * as Settings from "./Settings.ts"

/** What `loom doctor prompts --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  requests: Schema.Natural,
  breaks: Schema.Array(Schema.Struct({
    /** Which request had to be read anew, from 1. */
    request: Schema.Natural,
    /** Where it stands. */
    line: Schema.String,
    cause: Schema.String,
    at: Schema.String,
    what: Schema.String,
    fix: Schema.String,
    keptTokens: Schema.Natural,
    lostTokens: Schema.Natural,
    /** What these cost more than they had to; null where the price isn't known. */
    usd: Schema.NullOr(Schema.Finite)
  })),
  /** Of all breaks whose price is known. */
  usd: Schema.Finite
})

type Found = (typeof Document.Type)["breaks"][number]

export const examine = Effect.fnUntraced(function*({ model, quiet, source }: {
  readonly source: string
  readonly model: string | undefined
  readonly quiet: boolean
}) {
  const output = yield* Output
  const { catalog, options: { defaults } } = yield* Settings.read
  const { lineOf, rows } = yield* BatchLines.read(source, { provider: undefined, model })
  const given = yield* Stream.runCollect(rows)
  const turns = yield* Effect.forEach(given, ({ customId: _, ...asked }, index) =>
    Effect.gen(function*() {
      const decoded = yield* Effect.fromResult(GenerateOptions.decode(asked))
      const request = yield* decoded.request(catalog, defaults ?? {}, yield* Call.make())
      return { request } satisfies PromptCache.Turn
    }).pipe(
      Effect.mapError((error) => {
        const failure = Failure.fromGenerateError(error)
        return new Failure.Failure({ ...failure, what: `${lineOf(index)}: ${failure.what}` })
      })
    ))
  const breaks = PromptCache.diagnose(turns, { at: yield* Clock.currentTimeMillis }).map(
    ({ picoUsd: _, turn, usd = null, ...found }): Found =>
      Object.assign({ request: turn + 1, line: lineOf(turn), usd }, found)
  )
  const usd = breaks.reduce((sum, { usd }) => sum + (usd ?? 0), 0)
  if (output.json) {
    yield* output.document(Document, { schemaVersion: 1, requests: turns.length, breaks, usd })
  } else {
    for (const found of breaks) {
      yield* output.line(render(found, output.out))
    }
    if (breaks.length === 0) {
      yield* output.line(`✓ ${count(turns.length)}, and nothing found that breaks the cache`)
    } else if (!quiet) {
      yield* output.note(
        output.err.dim(`${count(turns.length)} · ${breaks.length} read anew · ${Format.usd(usd)} lost`)
      )
    }
  }
  if (breaks.length > 0) {
    return yield* Failure.told(Failure.exitCodes.failed)
  }
})

const count = (n: number): string => n === 1 ? "1 request" : `${Format.count(n)} requests`

const render = ({ at, fix, line, lostTokens, usd, what }: Found, style: Style): string =>
  [
    `${style.red("✗")} ${Failure.tame(`${line}: ${at}: ${what}`)}`,
    `  ${style.dim("why:")} ${Format.count(lostTokens)} tokens could have come from the cache` +
    (usd === null ? "" : `, and cost ${Format.usd(usd)} more`),
    `  ${style.dim("fix:")} ${Failure.tame(fix)}`
  ].join("\n")
