import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import * as Loom from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Failure from "../src/cli/Failure.ts"
import { decoded, loom } from "./cli/loom.ts"

/**
 * Every error that a user of the package may meet: each says what happened, why and how to fix it, and none of them tells
 * a key, a prompt or an answer.
 */
const key = "sk-canary-7d0c5f3be21a49688f00"
const prompt = "the prompt of the canary"
const answer = "the answer to the canary"
const secrets = [key, prompt, answer]
const cause = new Error(`${key} ${prompt} ${answer}`)
const detail = "the vendor's words"
const fix = "do something else"

const { Batch, CallLog, Catalog, GenerateError, Images, LoomConfig, SecretBackend, Secrets, Transport } = Loom

const reasons: ReadonlyArray<Loom.GenerateError.Reason> = [
  ...(["no", "maybe"] as const).map((sent) => new GenerateError.Network({ detail, sent })),
  ...(["connect", "headers", "idle", "attempt", "deadline"] as const).map((phase) =>
    new GenerateError.Timeout({ phase, after: Duration.seconds(5) })
  ),
  ...(["vendor", "limits"] as const).map((by) =>
    new GenerateError.RateLimited({ detail, by, retryAfter: Duration.seconds(7) })
  ),
  new GenerateError.Overloaded({ detail, maybeBilled: true }),
  new GenerateError.QuotaExceeded({ detail }),
  new GenerateError.CircuitOpen({ detail, remaining: Duration.seconds(30) }),
  new GenerateError.BudgetExceeded({ limitUsd: 1, spentUsd: 0.7, reservedUsd: 0.2, neededUsd: 0.15 }),
  new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }),
  new GenerateError.KeyRefused({ detail, source: "ACME_API_KEY" }),
  new GenerateError.InvalidRequest({ detail, field: "temperature" }),
  new GenerateError.ContentFiltered({ detail }),
  new GenerateError.InvalidResponse({ detail }),
  new GenerateError.Partial({ detail, text: answer }),
  new GenerateError.Rejected({ detail }),
  new GenerateError.Unsupported({ feature: "tools", detail }),
  new GenerateError.UnknownModel({ nearest: ["acme/ada"] })
]

const invalid = GenerateError.invalidRequest({ provider: "acme", detail })

const batchReasons: ReadonlyArray<Loom.Batch.Reason> = [
  new Batch.RowRefused({ index: 0, customId: "row-1", error: invalid }),
  new Batch.RequestsFailed({ rows: 3, detail, cause }),
  new Batch.IdTaken({ id: "batch_1", detail }),
  new Batch.UnknownBatch({ id: "batch_1" }),
  new Batch.VendorFailed({ error: invalid }),
  new Batch.WaitedTooLong({ id: "batch_1", done: 1, total: 2 }),
  new Batch.StoreFailed({ kind: "busy", detail, remedy: fix })
]

interface Told extends Error {
  readonly _tag: string
  readonly what: string
  readonly why: string
  readonly fix: string
}

const backend = new SecretBackend.SecretBackendError({ backend: "vault", kind: "Unavailable", detail, fix })

const others: ReadonlyArray<Told> = [
  new Catalog.CatalogError({ problems: [{ path: "f.yaml: a", problem: "no" }, { path: "b", problem: "no", line: 2 }] }),
  new Catalog.ModelNotFound({ provider: "openai", model: "gpt-4o-mni", nearest: ["openai/gpt-4o-mini"] }),
  new Catalog.ModelNotFound({ provider: undefined, model: "zzz", nearest: [] }),
  new LoomConfig.ConfigError({
    problems: [{ file: "loom.config.yaml", line: 3, path: "retry.max", problem: "there is no such setting", fix }]
  }),
  backend,
  new Secrets.SecretsError({ secret: "ACME_API_KEY", looked: ["the environment"], why: detail, fix, backend }),
  ...batchReasons.map((reason) => new Batch.BatchError({ reason })),
  new Images.ImageFileError({ path: "loom.png", detail: "is no picture" }),
  new CallLog.StoreError({ kind: "busy", detail, fix }),
  new CallLog.ReadError({ message: "the call log can't be read: it is no database", cause }),
  new Sandbox.SandboxError({ message: "Cannot listen on 127.0.0.1:1: EACCES", cause }),
  new Transport.TransportError({ kind: "egress-refused", sent: "no", provider: "acme", host: "acme.example" }),
  new Transport.TransportError({
    kind: "connect-timeout",
    sent: "no",
    provider: "acme",
    host: "acme.example",
    code: "E"
  })
]

const errors: ReadonlyArray<Told> = [
  ...reasons.map((reason) =>
    new GenerateError.GenerateError({ provider: "acme", model: "ada", reason, status: 418, requestId: "req_1", cause })
  ),
  ...others
]

const titled = errors.map((error) => {
  const tag = error instanceof GenerateError.GenerateError ? error.reason._tag : error._tag
  return [`${tag}: ${error.why}`, error] as const
})

const root = join(import.meta.dirname, "..")

/** All modules that the package exports, by what they are imported as. */
const modules = (): Promise<ReadonlyArray<readonly [name: string, exported: Readonly<Record<string, unknown>>]>> => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, null | string | { readonly "loom-source": string }>>
  }
  const files = Object.values(exports).flatMap((target) => {
    if (target === null || typeof target === "string") return []
    const source = target["loom-source"]
    if (!source.includes("*")) return [source]
    const folder = source.slice(0, source.indexOf("*"))
    return readdirSync(join(root, folder)).filter((name) => name.endsWith(".ts")).map((name) => `${folder}${name}`)
  })
  return Promise.all(
    files.map(async (file) => [file, (await import(join(root, file))) as Record<string, unknown>] as const)
  )
}

const isErrorClass = (value: unknown): value is { readonly identifier: string } & (new() => Error) =>
  typeof value === "function" && (value as { prototype?: unknown }).prototype instanceof Error

describe("every error of the package", () => {
  it("is among these", async () => {
    const known = new Set<unknown>([...reasons, ...batchReasons, ...errors].map((error) => error.constructor))
    const found = (await modules()).flatMap(([file, exported]) =>
      [
        ...Object.entries(exported),
        ...Object.values(exported).flatMap((value) =>
          typeof value === "object" && value !== null ? Object.entries(value) : []
        )
      ].filter(([, value]) => isErrorClass(value)).map(([name, value]) => ({ name: `${file}: ${name}`, value }))
    )
    assert.isAbove(found.length, 20)
    assert.deepStrictEqual(found.filter(({ value }) => !known.has(value)).map(({ name }) => name), [])
  })

  it.each(titled)("%s: says what happened, why, and how to fix it", (_, error) => {
    for (const words of [error.what, error.why, error.fix]) {
      assert.match(words, /^\S.+\S$/s)
      assert.notMatch(words, /undefined|null|NaN|\[object/)
    }
    const message = error.message.replaceAll("\n", "; ")
    assert.isTrue([error.what, error.why].some((words) => message.includes(words.replace(/^it /, ""))), message)
    for (const secret of secrets) assert.notInclude(`${error.message}${error.what}${error.why}${error.fix}`, secret)
  })

  it.each(titled)("%s: is told in a terminal and in JSON", (_, error) => {
    const failure = Failure.from(error)!
    assert.notStrictEqual(failure.tag, "Defect")
    const plain = { bold: String, dim: String, red: String }
    const rendered = Failure.render(failure, plain)
    const [first = "", second = "", third = ""] = rendered.split("\n")
    assert.strictEqual(first, `${failure.tag}: ${failure.what}`)
    assert.match(second, /^ {2}why: \S.*\S$/)
    assert.match(third, /^ {2}fix: \S.*\S$/)
    assert.strictEqual(failure.why, error.why)
    const json = JSON.stringify(failure)
    for (const secret of secrets) assert.notInclude(rendered + json, secret)
  })

  it.effect("comes back from JSON as it was", () =>
    Effect.forEach(others, (error) =>
      Effect.gen(function*() {
        const codec = Schema.fromJsonString(
          Schema.toCodecJson(error.constructor as unknown as Schema.Codec<Told, unknown>)
        )
        const back = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(error))
        assert.strictEqual(back.constructor, error.constructor)
        assert.deepStrictEqual([back.what, back.why, back.fix, back.message], [
          error.what,
          error.why,
          error.fix,
          error.message
        ])
      })))

  it.effect("ends a command with a document, and no more, under --json", () =>
    Effect.gen(function*() {
      const ran = yield* loom(["g", prompt, "-m", "openai/gpt-4o-mni", "--json"], { env: { OPENAI_API_KEY: key } })
      const { error } = decoded(Failure.Document, ran)
      assert.deepInclude(error, { tag: "UnknownModel", retryable: false, requestId: null })
      assert.isTrue([error.why, error.fix].every((words) => words !== null && words !== ""))
      for (const secret of secrets) assert.notInclude(ran.stdout + ran.stderr, secret)
    }))
})
