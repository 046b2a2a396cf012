/**
 * A route on a command line: whom it names, what they are asked, and what that would be.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Loom from "../Loom.ts"
import * as Router from "../Router.ts"
import type * as Answer from "./Answer.ts"
import type * as CallFlags from "./CallFlags.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import { isQualified, put } from "./Question.ts"
import * as Settings from "./Settings.ts"
import * as Table from "./Table.ts"

/** What `loom route --explain --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  explain: Schema.Literal(true),
  route: Schema.NullOr(Schema.String),
  /** In the order in which they are asked. */
  candidates: Schema.Array(Schema.Struct({
    model: Schema.String,
    /** An estimate; null where there is no price. */
    usd: Schema.NullOr(Schema.Finite),
    /** Why it wouldn't be asked. */
    problem: Schema.NullOr(Schema.Struct({ tag: Schema.String, message: Schema.String })),
    warnings: Schema.Array(Schema.String)
  }))
})

interface Course {
  /** A route of the settings. */
  readonly name: string | undefined
  readonly route: Router.Router | string
  readonly prompt: string | undefined
}

type Matter = ReturnType<typeof CallFlags.matterOf>

/** Tells models from the prompt: names of models come first, and none of them holds a space. */
export const taken = Effect.fnUntraced(function*({ cheapest, minLength, words }: {
  readonly words: ReadonlyArray<string>
  readonly cheapest: boolean
  readonly minLength: number | undefined
}) {
  const { options: { routes = {} } } = yield* Settings.read
  const end = words.findIndex((word) => !isName(word))
  const models = (end === -1 ? words : words.slice(0, end)).filter(isQualified)
  const [first, ...others] = models
  const [name = ""] = words
  const said = words.slice(first === undefined ? 1 : models.length)
  if (said.length > 1) {
    return yield* Failure.usage({
      what: `there is more than one prompt: ${said.length} texts follow`,
      fix: "put the prompt in quotes"
    })
  }
  const [prompt] = said
  if (first !== undefined) {
    const validator = minLength === undefined ?
      undefined :
      ({ text }: { readonly text: string }) => text.length >= minLength
    const order = cheapest ? "cheapest" : "declared"
    const route = Router.make({ candidates: [first, ...others], order, validator })
    return { name: undefined, route, prompt } satisfies Course
  }
  if (!Object.hasOwn(routes, name)) {
    const names = Object.keys(routes)
    return yield* Failure.usage({
      what: `there is no route ${name}`,
      why: names.length === 0 ? "the settings name none" : `the settings name ${names.join(", ")}`,
      fix: "name models (`loom route openai/gpt-4o-mini anthropic/claude-haiku-4-5 …`), or a route in loom.config.yaml"
    })
  }
  if (cheapest || minLength !== undefined) {
    return yield* Failure.usage({
      what: `${cheapest ? "--cheapest" : "--min-length"} is for models that are named here`,
      fix: `write it into the route ${name} (\`order: cheapest\`, \`validator: { minLength: 10 }\`)`
    })
  }
  return { name, route: name, prompt } satisfies Course
})

/** The route of a name, for a command that could ask one model as well. Flags that are about a model don't go with it. */
export const named = Effect.fnUntraced(function*(
  name: string,
  prompt: string | undefined,
  given: Readonly<Record<string, boolean>>
) {
  const alien = Object.keys(given).find((flag) => given[flag])
  if (alien !== undefined) {
    return yield* Failure.usage({
      what: `--route and ${alien} don't go together`,
      fix: `write it into the route ${name} in loom.config.yaml, or leave --route out`
    })
  }
  if (isName(name)) {
    return yield* Failure.usage({
      what: `--route takes the name of a route, and ${name} is a model`,
      fix: `ask it with -m ${name}, or several with \`loom route\``
    })
  }
  return yield* taken({ words: prompt === undefined ? [name] : [name, prompt], cheapest: false, minLength: undefined })
})

const isName = (word: string): boolean => /^[^/\s]+\/\S+$/.test(word)

export const asked = Effect.fnUntraced(function*({ prompt, route }: Course, matter: Matter) {
  const { options, schema } = yield* put({ ...matter, prompt })
  return {
    whole: schema === undefined ? Loom.route(route, options) : Loom.route(route, { ...options, schema }),
    parts: Loom.streamRoute(route, options),
    hasObject: schema !== undefined,
    output: undefined
  } satisfies Answer.Asked
})

/** Who would be asked. Without a prompt, of one of some words. */
export const explained = Effect.fnUntraced(function*({ name, prompt, route }: Course, matter: Matter) {
  const output = yield* Output
  const { options: settings } = yield* Settings.read
  const { options } = yield* put({ ...matter, prompt: prompt ?? "Say hello." })
  const explanations = yield* Loom.explain(route, options).pipe(
    Effect.provide(Loom.layer({ ...settings, callLog: false, telemetry: undefined }))
  )
  if (output.json) {
    return yield* output.document(Document, {
      schemaVersion: 1,
      explain: true,
      route: name ?? null,
      candidates: explanations.map(({ cost, model, problem, warnings }) => ({
        model,
        usd: cost.usd ?? null,
        problem: problem === undefined ? null : { tag: problem.reason._tag, message: problem.why },
        warnings
      }))
    })
  }
  yield* output.line(Table.render(columns, explanations.map((one, i) => ({ one, place: i + 1 })), output.out))
  if (!matter.quiet) {
    yield* output.note(
      output.err.dim("nothing was sent · estimates, of an answer of 500 tokens where --max-output-tokens doesn't say")
    )
  }
})

interface Row {
  readonly place: number
  readonly one: Router.Explanation
}

const columns: ReadonlyArray<Table.Column<Row>> = [
  { title: "#", align: "right", cell: ({ place }) => String(place) },
  { title: "MODEL", cell: ({ one }) => one.model },
  { title: "COST", align: "right", cell: ({ one }) => Format.usd(one.cost.usd) },
  {
    title: "WOULD BE",
    cell: ({ one: { problem } }) => problem === undefined ? "asked" : `skipped (${problem.reason._tag})`
  },
  { title: "WHY", cell: ({ one: { problem, warnings } }) => Failure.tame(problem?.why ?? warnings.join("; ")) }
]
