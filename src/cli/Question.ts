/**
 * What a command line asks, put together from its arguments, its input and the files it names.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type * as Prompt from "effect/ai/Prompt"
import * as Catalog from "../Catalog.ts"
import * as Request from "../Request.ts"
import { setting } from "../internal/environment.ts"
import * as Attachment from "./Attachment.ts"
import * as Failure from "./Failure.ts"
import { Output } from "./Output.ts"
import * as Settings from "./Settings.ts"
import * as Shelf from "./Shelf.ts"

/** Options of any call that a command line gives. */
interface Options {
  readonly system: string | undefined
  readonly maxOutputTokens: number | undefined
  readonly temperature: number | undefined
  readonly reasoning: Request.ReasoningEffort | undefined
  readonly timeout: Duration.Duration | undefined
}

/** Options of a call for an image. */
interface Pictured<Size = Request.ImageParams["size"], Ratio = Request.ImageParams["aspectRatio"]> {
  readonly modality: "text" | "image" | undefined
  readonly n: number | undefined
  readonly size: Size
  readonly aspectRatio: Ratio
  readonly quality: string | undefined
  readonly format: Request.ImageParams["format"]
}

type Qualified = `${string}/${string}`

/** What is asked, of whomever. */
export interface Matter {
  readonly options: Options & { readonly prompt: Prompt.RawInput }
  readonly schema: Schema.Codec<unknown, unknown> | undefined
}

export interface Question extends Matter {
  /** Where images go: only of a question for images. */
  readonly output: string | undefined
  readonly options: Matter["options"] & Pictured & {
    readonly model: Qualified
    readonly native: Readonly<Record<string, unknown>>
    /** Where it isn't asked for, the settings say. */
    readonly failover: true | undefined
  }
}

interface Said {
  readonly prompt: string | undefined
  readonly attachments: ReadonlyArray<string>
  readonly schemaFile: string | undefined
  readonly quiet: boolean
  readonly options: Options
}

export const ask = Effect.fnUntraced(function*(
  { failover, model: given, native, output, pictured, ...said }: Said & {
    readonly model: string | undefined
    readonly native: ReadonlyArray<string>
    readonly output: string | undefined
    readonly pictured: Pictured<string | undefined, string | undefined>
    readonly failover: boolean
  }
) {
  const model = given ?? (yield* usualModel)
  if (!isQualified(model)) return yield* Effect.andThen(Shelf.find(model), Effect.die("a bare name was found"))
  const { aspectRatio, size } = pictured
  if (!isSize(size)) return yield* Failure.usage({ what: `--size takes pixels such as 1024x1024, not ${size}` })
  if (!isRatio(aspectRatio)) {
    return yield* Failure.usage({ what: `--aspect-ratio takes a ratio such as 16:9, not ${aspectRatio}` })
  }
  const modality = pictured.modality ?? Result.match(Catalog.resolve(yield* Settings.catalog, { model }), {
    onSuccess: Request.modalityOf,
    onFailure: () => "text"
  })
  if (modality === "image" && output === undefined) {
    return yield* Failure.usage({ what: "an image needs a file to go to", fix: "name one: `-o loom.png`" })
  }
  if (modality === "text" && output !== undefined) {
    return yield* Failure.usage({
      what: "-o is for images, and text goes to stdout",
      fix: "name a model that makes images (`loom models --modality image`), or leave -o out"
    })
  }
  if (output !== undefined) yield* mayHold(output)
  const own = yield* Effect.fromResult(nativeOf(native))
  const { options, schema } = yield* put(said)
  return {
    options: { ...options, ...pictured, size, aspectRatio, model, native: own, failover: failover ? true : undefined },
    schema,
    output
  } satisfies Question
})

/** Puts together what is asked. */
export const put = Effect.fnUntraced(function*(asked: Said) {
  const isAttached = asked.attachments.includes("-")
  const isSchema = asked.schemaFile === "-"
  if ([asked.prompt === "-", isAttached, isSchema].filter((takes) => takes).length > 1) {
    return yield* Failure.usage({
      what: "stdin can't be more than one of the prompt, an attachment and the schema",
      fix: "give the others a file"
    })
  }
  const { isReadable, read } = yield* input(asked.quiet)

  const piped = !isAttached && !isSchema && (asked.prompt === "-" || isReadable) ? yield* textOf(yield* read) : ""
  const prompt = [piped, asked.prompt === "-" ? "" : asked.prompt ?? ""].filter((text) => text !== "").join("\n\n")
  if (prompt === "") {
    return yield* Failure.usage({
      what: "there is no prompt",
      fix: "give one (`loom generate \"Say hello.\"`), or pipe it in (`echo \"Say hello.\" | loom generate`)"
    })
  }

  const files = yield* Effect.forEach(
    asked.attachments,
    (source) =>
      source === "-" ? Effect.flatMap(read, (bytes) => Attachment.ofBytes(bytes, "stdin")) : Attachment.load(source)
  )
  const schema = asked.schemaFile === undefined
    ? undefined
    : isSchema
    ? yield* schemaIn(yield* textOf(yield* read), "what is on stdin")
    : yield* schemaIn(yield* textIn(asked.schemaFile), asked.schemaFile)

  return {
    options: {
      ...asked.options,
      prompt: files.length === 0 ? prompt : [{ role: "user", content: [...files, { type: "text", text: prompt }] }]
    },
    schema
  } satisfies Matter
})

/** Looked at before anything is paid for. */
const mayHold = Effect.fnUntraced(function*(output: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const isFolder = (name: string) =>
    Effect.orElseSucceed(Effect.map(fileSystem.stat(name), ({ type }) => type === "Directory"), () => false)
  const folder = path.dirname(output)
  if (yield* isFolder(output)) return yield* Failure.usage({ what: `${output} is a folder`, fix: "name a file in it" })
  if (!(yield* isFolder(folder))) return yield* Failure.usage({ what: `there is no folder ${folder}`, fix: "make it" })
})

/** The model that is asked where a flag names none. */
export const usualModel = Effect.map(setting("LOOM_MODEL"), (named) => named ?? "openai/gpt-4o-mini")

export const isQualified = (model: string): model is Qualified => model.includes("/")

const isSize = (text: string | undefined): text is Request.ImageParams["size"] =>
  text === undefined || /^\d+x\d+$/.test(text)

const isRatio = (text: string | undefined): text is Request.ImageParams["aspectRatio"] =>
  text === undefined || /^\d+:\d+$/.test(text)

/** Stdin. Whoever waits for an input that nobody closes is told so. */
const input = Effect.fnUntraced(function*(quiet: boolean) {
  const stdio = yield* Stdio.Stdio
  const output = yield* Output
  const isTerminal = yield* stdio.stdinIsTerminal
  const waiting = output.note("loom waits for the end of its input; `< /dev/null` gives it none").pipe(
    Effect.delay("3 seconds"),
    Effect.ignore
  )
  const read = Effect.gen(function*() {
    const notice = quiet || isTerminal ? undefined : yield* Effect.forkChild(waiting)
    const chunks = yield* Stream.runCollect(stdio.stdin).pipe(
      Effect.mapError((error) => Failure.failed("Input", { what: "stdin can't be read", why: error.message }))
    )
    if (notice !== undefined) yield* Fiber.interrupt(notice)
    return Buffer.concat(chunks)
  })
  return { isReadable: !isTerminal, read }
})

const textOf = (bytes: Uint8Array): Effect.Effect<string, Failure.Failure> =>
  Effect.fromResult(Result.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/(\r?\n)+$/, ""),
    catch: () => Failure.usage({ what: "stdin is no text", fix: "attach it: `-a -`" })
  }))

const nativeOf = (pairs: ReadonlyArray<string>): Result.Result<Record<string, unknown>, Failure.Failure> => {
  const entries: Array<readonly [string, unknown]> = []
  for (const pair of pairs) {
    const at = pair.indexOf("=")
    if (at < 1) {
      return Result.fail(
        Failure.usage({ what: `-O takes key=value, and was given ${pair}`, fix: "write -O top_p=0.9" })
      )
    }
    const value = pair.slice(at + 1)
    entries.push([pair.slice(0, at), Result.getOrElse(Result.try((): unknown => JSON.parse(value)), () => value)])
  }
  return Result.succeed(Object.fromEntries(entries))
}

const textIn = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
    Effect.mapError(
      fileSystem.readFileString(path),
      ({ message }) => Failure.usage({ what: `the schema ${path} can't be read`, why: message })
    ))

const schemaIn = Effect.fnUntraced(function*(text: string, path: string) {
  const { parse } = yield* Effect.promise(() => import("./JsonSchemaFile.ts"))
  return yield* Effect.fromResult(parse(text)).pipe(
    Effect.mapError((why) =>
      Failure.usage({
        what: `${path} is no JSON Schema that an answer can be held to`,
        why,
        fix: "give one of an object"
      })
    )
  )
})
