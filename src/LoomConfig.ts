/**
 * Settings in files, for the library, the command line and the dashboard alike: `loom.config.yaml`, and the models of
 * one's own in `models.yaml` beside it.
 *
 * **Example** (An engine from the file)
 *
 * ```yaml
 * # loom.config.yaml
 * providers:
 *   newco: { kind: openai-compatible, baseUrl: "https://api.newco.ai/v1", apiKeyEnv: NEWCO_API_KEY }
 * defaults: { temperature: 0.2 }
 * failover: true
 * cache: { ttl: 1h, sqlite: true }
 * routes:
 *   cheap-first:
 *     candidates: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
 *     validator: { minLength: 40 }
 *     baseline: openai/gpt-4o
 * ```
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Loom } from "loom-router"
 *
 * export const program = Loom.route("cheap-first", { prompt: "Explain quantum entanglement." }).pipe(
 *   Effect.provide(Loom.layerConfig())
 * )
 * ```
 *
 * **Details**
 *
 * The names are those of `Loom.Options`; a length of time is written `30s` or `30 seconds`, a path is relative to the
 * file. What is there in code alone (`onCall`, a route's `when`) is given in code, over the file:
 * `Loom.layerConfig({ onCall })`.
 *
 * A file is looked for in the working directory and above it, as far as the folder with `.git` or the user's home; where
 * there is neither, in the working directory alone. Last comes the user's own, `~/.config/loom/loom.config.yaml`. The
 * first one found is the only one that is read. `LOOM_CONFIG` names one instead. Without it, calls that no layer is
 * provided for read no file.
 *
 * What the environment says goes before the file: `OPENAI_BASE_URL` before `providers.openai.baseUrl`.
 *
 * **Gotchas**
 *
 * No key is ever written there, and a value that looks like one is refused. A file decides where keys are sent: read one
 * in a folder of somebody else's only after a look at its {@link Loaded.elsewhere}, as the command line does.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Catalog } from "./Catalog.ts"
import type * as Loom from "./Loom.ts"

/**
 * Everything that is wrong with the files.
 *
 * @category errors
 * @since 1.0.0
 */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  problems: Schema.NonEmptyArray(Schema.Struct({
    file: Schema.String,
    /** From 1, where it is known. */
    line: Schema.optionalKey(Schema.Int),
    /** `routes.cheap-first.candidates[0]`; empty for the file itself. */
    path: Schema.String,
    problem: Schema.String,
    fix: Schema.String
  }))
}) {
  /** What happened. */
  get what(): string {
    const files = [...new Set(this.problems.map(({ file }) => file))]
    return `${files.join(" and ")} can't be used`
  }
  /** Each problem where it stands: `loom.config.yaml:3: retry.maxAttempts: expected …`. */
  get why(): string {
    return this.problems.map(placed).join("; ")
  }
  get fix(): string {
    const [{ fix, path }] = this.problems
    return path === "" ? fix : `${path}: ${fix}`
  }
  override get message(): string {
    return [this.what, ...this.problems.map((one) => `  ${placed(one)}\n    fix: ${one.fix}`)].join("\n")
  }
}

const placed = ({ file, line, path, problem }: ConfigError["problems"][number]): string =>
  `${file}${line === undefined ? "" : `:${line}`}: ${path === "" ? "" : `${path}: `}${problem}`

/**
 * How a file came to be read: it was named in code or by a flag, by `LOOM_CONFIG`, it was found in the project, or it is
 * the user's own.
 *
 * @category models
 * @since 1.0.0
 */
export type By = "name" | "environment" | "project" | "user"

/**
 * A folder with settings.
 *
 * @category models
 * @since 1.0.0
 */
export interface Found {
  readonly by: By
  /** `loom.config.yaml`, or `undefined` where there are models alone. */
  readonly config: string | undefined
  /** `models.yaml` beside it. */
  readonly models: string | undefined
}

/**
 * What the files say.
 *
 * @category models
 * @since 1.0.0
 */
export interface Loaded {
  /** Where it was found; `undefined` where there are no settings. */
  readonly found: Found | undefined
  /** All files that were read. */
  readonly files: ReadonlyArray<string>
  /** `loom.config.yaml` as it was decoded. */
  readonly settings: Readonly<Record<string, unknown>>
  /** For `Loom.layer`, or `Loom.client`. */
  readonly options: Loom.Options
  /** The bundled catalog, with what the files add. */
  readonly catalog: Catalog
  /** Where providers are reached that the catalog knows otherwise, by the variable that the environment has for it. */
  readonly baseUrls: Readonly<Record<string, string>>
  /** Who gets keys by these files alone, and where: hosts other than this machine that the catalog doesn't name. */
  readonly elsewhere: ReadonlyArray<{ readonly who: string; readonly host: string }>
}

/**
 * Which file is read.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The file. By default `LOOM_CONFIG`, else the first one found. */
  readonly path?: string | undefined
  /** Where the search begins: the working directory. */
  readonly from?: string | undefined
}

/**
 * Finds the settings. Fails where those that are named aren't there.
 *
 * @category accessors
 * @since 1.0.0
 */
export const find = (options?: Options): Effect.Effect<Found | undefined, ConfigError> =>
  Effect.flatMap(Effect.promise(() => import("./internal/configSearch.ts")), ({ find }) => find(options))

/**
 * Reads the settings. Fails with every problem it finds. Where there are none, nothing is set.
 *
 * @category constructors
 * @since 1.0.0
 */
export const load = (options?: Options): Effect.Effect<Loaded, ConfigError> =>
  Effect.flatMap(Effect.promise(() => import("./internal/configOptions.ts")), ({ load }) => load(options))
