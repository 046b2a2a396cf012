/**
 * `loom init`
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Catalog from "../Catalog.ts"
import * as Failure from "./Failure.ts"
import { Output } from "./Output.ts"

/** What `loom init --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  folder: Schema.String,
  files: Schema.Array(Schema.Struct({
    path: Schema.String,
    /** Whether it was there before: then it stays, unless it is written anew. */
    existed: Schema.Boolean,
    written: Schema.Boolean
  })),
  /** The commands that come next. */
  next: Schema.Array(Schema.String)
})

const config =
  `# Settings of Loom, of programs (\`Loom.layerConfig()\`) and the command line alike. All of it may be left out.
# \`loom config check\` tells what is wrong with it. No key is written here: \`loom keys set openai\`.

routes:
  # The second is asked where the first one's answer is shorter than that. \`loom route cheap-first "…"\`
  cheap-first:
    candidates: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    validator: { minLength: 40 }
    baseline: openai/gpt-4o

# A model that can't be reached is stood in for by a like one of another provider.
# failover: true

# defaults: { temperature: 0.2, maxOutputTokens: 1000 }
# cache: { ttl: 1h, sqlite: true }
# limits: { openai: { requestsPerMinute: 500 } }
# secrets: { from: [environment, dotenv, file] }
`

const models =
  `# Models of your own, beside those of \`loom models\`: take the marks away, and write what is so. Prices are USD per
# million tokens; one that isn't known is left out, never 0.

# provider: newco
# kind: openai-compatible
# base_url: http://127.0.0.1:8000/v1
# api_key_env: NEWCO_API_KEY
# models:
#   - id: newco-large
#     context: 128000
#     max_output: 16384
#     prices: [{ input: 2.5, output: 10 }]
`

/** The names of all keys, each without its key. */
const variables = (): string =>
  [
    "# Copy it to .env, which belongs into .gitignore, and fill in those that you have.",
    "",
    ...Catalog.providers(Catalog.bundled).flatMap(({ apiKeyEnv }) => apiKeyEnv === undefined ? [] : [`${apiKeyEnv}=`]),
    ""
  ].join("\n")

const next = [
  "loom keys set openai",
  "loom generate \"Say hello.\"",
  "loom route cheap-first \"What is a loom?\" --explain"
]

export const write = Effect.fnUntraced(
  function*({ force, quiet }: { readonly force: boolean; readonly quiet: boolean }) {
    const output = yield* Output
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.resolve(".")
    const texts = [["loom.config.yaml", config], ["models.yaml", models], [".env.example", variables()]] as const
    const files = yield* Effect.forEach(texts, ([name, text]) =>
      Effect.gen(function*() {
        const file = path.join(folder, name)
        const existed = yield* fileSystem.exists(file)
        const written = force || !existed
        // What appears in between stays as it is, too.
        if (written) yield* fileSystem.writeFileString(file, text, { flag: existed ? "w" : "wx" })
        return { path: file, existed, written }
      })).pipe(
        Effect.mapError(({ message }) =>
          Failure.failed("Output", {
            what: `${folder} can't be written to`,
            why: message,
            fix: "go to a folder of yours"
          })
        )
      )
    if (output.json) return yield* output.document(Document, { schemaVersion: 1, folder, files, next })
    for (const { path, written } of files) {
      if (written) yield* output.line(path)
      else if (!quiet) yield* output.note(`note: ${path} is there already, and stays; --force writes it anew`)
    }
    if (!quiet) yield* output.note(output.err.dim(`next: ${next.slice(0, 2).join(", then ")}`))
  }
)
