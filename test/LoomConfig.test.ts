import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { Catalog, Generator, Loom, LoomConfig, Router } from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { logged } from "./listening.ts"
import { environmentOf } from "./providers/world.ts"

const canary = "sk-canary-7d0c5f3be21a49688f00"

/** Files in a folder of their own, which is a project where one of them is `.git`. */
const folder = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const at = realpathSync(mkdtempSync(join(tmpdir(), "loom-config-")))
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(at, name)), { recursive: true })
        writeFileSync(join(at, name), text)
      }
      return at
    }),
    (at) => Effect.sync(() => rmSync(at, { recursive: true, force: true }))
  )

/** What is read where the user's home is elsewhere. */
const load = (options: LoomConfig.Options, environment: Readonly<Record<string, string>> = {}) =>
  Effect.provide(LoomConfig.load(options), environmentOf({ HOME: "/nowhere", LOOM_HOME: "/nowhere", ...environment }))

const loaded = (config: string, models?: string) =>
  Effect.flatMap(
    folder({ "loom.config.yaml": config, ...(models === undefined ? undefined : { "models.yaml": models }) }),
    (at) => load({ from: at })
  )

/** The problems of a file, each as `line path: problem (fix)`. */
const problemsOf = (config: string, models?: string) =>
  Effect.map(
    Effect.flip(loaded(config, models)),
    ({ problems }) => problems.map(({ fix, line, path, problem }) => `${line ?? "-"} ${path}: ${problem} (${fix})`)
  )

const newco = `
provider: newco
kind: openai-compatible
base_url: http://127.0.0.1:9/v1
api_key_env: NEWCO_API_KEY
models:
  - id: newco-large
    prices: [{ input: 2.5, output: 10 }]
`

describe("finding", () => {
  it.effect("goes upwards as far as the project, and takes the nearest", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml": "",
        "project/.git/HEAD": "",
        "project/loom.config.yaml": "",
        "project/inner/deep/x": "",
        "bare/.git": "gitdir: elsewhere",
        "bare/deep/x": "",
        "models/.git/HEAD": "",
        "models/models.yaml": newco
      })
      const foundFrom = (name: string) =>
        Effect.provide(LoomConfig.find({ from: join(at, name) }), environmentOf({ HOME: "/nowhere", LOOM_HOME: at }))
      const project = { by: "project", config: join(at, "project/loom.config.yaml"), models: undefined } as const
      assert.deepStrictEqual(yield* foundFrom("project"), project)
      assert.deepStrictEqual(yield* foundFrom("project/inner/deep"), project)
      // Above the project, and where there is none, nobody looks; what is found then is the user's own.
      const user = { by: "user", config: join(at, "loom.config.yaml"), models: undefined } as const
      assert.deepStrictEqual(yield* foundFrom("bare/deep"), user)
      assert.deepStrictEqual(yield* foundFrom("elsewhere"), user)
      assert.deepStrictEqual(yield* foundFrom("models"), {
        by: "project",
        config: undefined,
        models: join(at, "models/models.yaml")
      })
    }).pipe(Effect.scoped))

  it.effect("goes no further than the user's home, and else stays where it is", () =>
    Effect.gen(function*() {
      const at = yield* folder({ "loom.config.yaml": "", "home/loom.config.yaml": "", "home/a/b": "" })
      const home = environmentOf({ HOME: join(at, "home"), LOOM_HOME: "/nowhere" })
      const foundFrom = (name: string) => Effect.provide(LoomConfig.find({ from: join(at, name) }), home)
      assert.strictEqual((yield* foundFrom("home/a"))?.config, join(at, "home/loom.config.yaml"))
      assert.strictEqual((yield* foundFrom("."))?.config, join(at, "loom.config.yaml"))
      assert.isUndefined(yield* foundFrom("other"))
    }).pipe(Effect.scoped))

  it.effect("reads what it is told to, and says where that isn't there", () =>
    Effect.gen(function*() {
      const at = yield* folder({ "loom.config.yaml": "log: line", "other.yaml": "log: json", ".git/HEAD": "" })
      assert.strictEqual((yield* load({ from: at })).options.log, "line")
      const byVariable = yield* load({ from: at }, { LOOM_CONFIG: join(at, "other.yaml") })
      assert.deepStrictEqual([byVariable.found?.by, byVariable.options.log], ["environment", "json"])
      const byName = yield* load({ from: at, path: "other.yaml" }, { LOOM_CONFIG: "/nowhere/at/all" })
      assert.deepStrictEqual([byName.found?.by, byName.options.log], ["name", "json"])
      const error = yield* Effect.flip(load({ from: at }, { LOOM_CONFIG: "/nowhere/at/all" }))
      assert.strictEqual(
        error.message,
        "/nowhere/at/all can't be used\n  /nowhere/at/all: there is no such file\n    fix: change LOOM_CONFIG, or unset it"
      )
      const folderItself = yield* Effect.flip(load({ path: at }))
      assert.match(folderItself.why, /it can't be read \(EISDIR\)/)
    }).pipe(Effect.scoped))

  it.effect("sets nothing where there is nothing", () =>
    Effect.gen(function*() {
      const { catalog, files, found, options } = yield* load({ from: "/" })
      assert.deepStrictEqual([found, files, options], [undefined, [], {}])
      assert.strictEqual(catalog, Catalog.bundled)
    }))
})

describe("reading", () => {
  it.effect("takes all that a layer does", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml": `
defaults: { temperature: 0.2, maxOutputTokens: 1000, promptCache: { ttl: 5m } }
retry: { maxAttempts: 2, baseDelay: 250ms, maxRetryAfter: "1 minute" }
maxAttempts: 4
coalesce: false
failover: [anthropic/claude-haiku-4-5, { provider: openai, model: gpt-4o, params: { temperature: 0 } }]
cache: { ttl: 1h, capacity: 10, sqlite: { path: ./cache.db } }
health: { failures: 3, openFor: 10s }
limits:
  openai: { requestsPerMinute: 500, maxWait: 5s }
  "*": { concurrency: 100 }
currency: { code: EUR, perUsd: 0.92, asOf: 2026-11-20, source: ECB }
callLog: { path: logs/calls.db, retention: { maxAge: 7d } }
batches: { path: logs/batches.db, maxAge: 90d }
log: json
transport: { connections: 8, keepAlive: 2s }
routes:
  cheap-first:
    candidates: [openai/gpt-4o-mini, { model: anthropic/claude-haiku-4-5, retry: { maxAttempts: 1 } }]
    validator: { minLength: 40 }
    baseline: openai/gpt-4o
    order: cheapest
    hedge: { after: 2s }
secrets:
  from:
    - environment
    - dotenv: { path: .env.local }
    - vault: { address: "https://vault.internal:8200", timeToLive: 30s }
  keys:
    OPENAI_API_KEY: { rotate: [OPENAI_KEY_1, OPENAI_KEY_2] }
`
      })
      const { found, options } = yield* load({ from: at })
      assert.strictEqual(found?.by, "project")
      const { retry, routes, secrets, ...rest } = options
      assert.deepStrictEqual(rest, {
        defaults: { temperature: 0.2, maxOutputTokens: 1000, promptCache: { ttl: "5m" } },
        maxAttempts: 4,
        coalesce: false,
        failover: [
          "anthropic/claude-haiku-4-5",
          { provider: "openai", model: "gpt-4o", params: { temperature: 0 } }
        ],
        cache: { ttl: Duration.hours(1), capacity: 10, sqlite: { path: join(at, "cache.db") } },
        health: {
          failures: 3,
          openFor: Duration.seconds(10),
          maxOpenFor: undefined,
          maxRetryAfter: undefined
        },
        limits: {
          openai: { requestsPerMinute: 500, maxWait: Duration.seconds(5) },
          "*": { concurrency: 100, maxWait: undefined }
        },
        currency: { code: "EUR", perUsd: 0.92, asOf: "2026-11-20", source: "ECB" },
        callLog: { path: join(at, "logs/calls.db"), retention: { maxAge: Duration.days(7) } },
        batches: { path: join(at, "logs/batches.db"), maxAge: Duration.days(90) },
        log: "json",
        transport: { connections: 8, keepAlive: Duration.seconds(2) }
      })
      assert.deepStrictEqual(
        [retry?.maxAttempts, retry && Duration.toMillis(retry.baseDelay), retry?.maxRetryAfter],
        [2, 250, Duration.minutes(1)]
      )
      assert.deepStrictEqual(secrets?.keys, { OPENAI_API_KEY: { rotate: ["OPENAI_KEY_1", "OPENAI_KEY_2"] } })
      assert.deepStrictEqual(secrets?.from?.map((one) => typeof one), ["string", "object", "object"])
      const { baseline, candidates, hedge, order } = routes!["cheap-first"]!
      assert.deepStrictEqual([baseline, order, hedge], [
        { model: "openai/gpt-4o" },
        "cheapest",
        { after: Duration.seconds(2) }
      ])
      assert.deepStrictEqual(candidates.map(({ model, retry }) => [model, retry?.maxAttempts]), [
        ["openai/gpt-4o-mini", undefined],
        ["anthropic/claude-haiku-4-5", 1]
      ])
    }).pipe(Effect.scoped))

  it.effect("reads what its documentation shows", () =>
    Effect.gen(function*() {
      const source = readFileSync(join(import.meta.dirname, "../src/LoomConfig.ts"), "utf8")
      const [, fence = ""] = /```yaml\n([^]*?) \* ```/.exec(source) ?? []
      const { options } = yield* loaded(fence.replaceAll(/^ \* ?/gm, ""))
      assert.deepStrictEqual(Object.keys(options.routes ?? {}), ["cheap-first"])
    }).pipe(Effect.scoped))

  it.effect("tells all that is wrong: where, why, and what was meant", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* problemsOf(`rety: {}
retry:
  max_atempts: 2
  baseDelay: 30
routes:
  # a comment
  cheap:
    candidates:
    - openai/gpt-4o
    - modle: x
    - model: openai/gpt-4o
      params: { temprature: 1 }
secrets:
  from:
    - vault:
        adress: x
limits: { openai: { requestPerMinute: 3 } }
log: [line]
`),
        [
          "1 rety: there is no such setting (did you mean retry?)",
          "3 retry.max_atempts: there is no such setting (did you mean maxAttempts?)",
          "4 retry.baseDelay: expected a duration such as 500ms, 30s or \"1 hour\" (change it)",
          "10 routes.cheap.candidates[1].modle: there is no such setting (did you mean model?)",
          "12 routes.cheap.candidates[2].params.temprature: there is no such setting (did you mean temperature?)",
          "16 secrets.from[0].vault.adress: there is no such setting (did you mean address?)",
          "17 limits.openai.requestPerMinute: there is no such setting (did you mean requestsPerMinute?)",
          "18 log: expected \"line\" | \"json\" (change it)"
        ]
      )
      assert.deepStrictEqual(yield* problemsOf("log: line\nlog: json\n"), [
        "2 : Duplicate key 'log' (mend the YAML: what holds a colon or a comma is put in quotes)"
      ])
      assert.match((yield* problemsOf("log: line\ncache: { ttl: 1h\nretry: {}\n"))[0]!, /^2 : Expected ','/)
      const [missing] = yield* problemsOf("currency: { code: EUR }")
      assert.strictEqual(missing, "1 currency.perUsd: missing key (add perUsd)")
      const [stranger = ""] = yield* problemsOf("zzzzzzzzzz: 1")
      assert.match(stranger, /^1 zzzzzzzzzz: there is no such setting \(these are there: providers, models, defaults, /)
    }).pipe(Effect.scoped))

  it.effect("tells what the catalog doesn't have", () =>
    Effect.gen(function*() {
      const problems = yield* problemsOf(`failover:
  - openai/gpt-4o-mni
routes:
  cheap:
    candidates: [openai/gpt-4o]
    baseline: openai/gpt-4z
`)
      assert.strictEqual(problems.length, 2)
      assert.match(problems[0]!, /^6 routes\.cheap\.baseline: openai\/gpt-4z is not in the catalog/)
      assert.match(
        problems[1]!,
        /^2 failover\[0\]: openai\/gpt-4o-mni is not in the catalog\. Did you mean openai\/gpt-4o-mini/
      )
      assert.match(
        (yield* problemsOf("limits: { opnai: { concurrency: 1 } }"))[0]!,
        /^1 limits\.opnai: the catalog has no such/
      )
      assert.match(
        (yield* problemsOf("providers: { opnai: { baseUrl: http://127.0.0.1/v1 } }"))[0]!,
        /^1 providers\.opnai: the catalog has no such provider; did you mean openai\? \(take one that it has, or say/
      )
      assert.match(
        (yield* problemsOf("providers: { openai: { apiKeyEnv: MINE } }"))[0]!,
        /^1 providers\.openai\.apiKeyEnv: Loom brings openai, and this with it/
      )
      assert.match((yield* problemsOf("providers: { newco: { kind: openai-compatible } }"))[0]!, /add baseUrl/)
    }).pipe(Effect.scoped))

  it.effect("refuses names that every object has", () =>
    Effect.gen(function*() {
      for (const name of ["__proto__", "constructor", "toString"]) {
        const [problem = ""] = yield* problemsOf(`routes:\n  ${name}:\n    candidates: [openai/gpt-4o]\n`)
        assert.include(problem, "a name that every object has")
      }
      assert.include((yield* problemsOf("", `provider: newco\n__proto__: {}\n`))[0], "every object has")
    }).pipe(Effect.scoped))

  it.effect("refuses whatever looks like a key, and shows none", () =>
    Effect.gen(function*() {
      const texts = [
        canary,
        "sk-ant-api03-abcdefghijklmnop",
        `AIzaSy${"aB3".repeat(11)}`,
        "xai-abcdefghijklmnopqrst",
        "gsk_abcdefghijklmnopqrst",
        "hvs.CAESIJabcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "Bearer abcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig",
        "0123456789abcdef0123456789abcdef",
        "https://user:hunter2hunter2@api.newco.ai/v1",
        "https://api.newco.ai/v1?api_key=hunter2hunter2"
      ]
      for (const text of texts) {
        for (
          const file of [
            `providers:\n  newco: { kind: openai-compatible, baseUrl: "${text}" }`,
            `providers: { newco: { apiKey: "${text}" } }`,
            `currency: { code: EUR, perUsd: 1, source: "${text}" }`,
            `routes: { "${text}": 1 }`
          ]
        ) {
          const error = yield* Effect.flip(loaded(file))
          assert.include(error.why, "this looks like a key", file)
          assert.include(error.fix, "loom keys set", file)
          const shown = `${error.message}${JSON.stringify(error)}${error.stack}`
          for (const part of [text, "hunter2"]) assert.notInclude(shown, part)
        }
        const inModels = yield* Effect.flip(loaded("", `provider: newco\nlabel: "${text}"\n`))
        assert.include(inModels.why, "this looks like a key")
        assert.notInclude(inModels.message, text)
      }
      const broken = yield* Effect.flip(loaded(`a: *${canary}\n`))
      assert.notInclude(broken.message, canary)
      const named = yield* problemsOf("providers:\n  openai:\n    api_key: hunter2\n")
      assert.match(
        named[0]!,
        /^3 providers\.openai\.api_key: there is no such setting \(take it out, .* `loom keys set`/
      )
    }).pipe(Effect.scoped))

  it.effect("takes no name of a listed model, and no address, for a key", () =>
    Effect.gen(function*() {
      const ids = Catalog.models(Catalog.bundled).map(({ id, provider }) => `${provider}/${id}`)
      const addresses = Catalog.providers(Catalog.bundled).flatMap(({ baseUrl }) => baseUrl ?? [])
      const { options } = yield* loaded(
        `failover: ${JSON.stringify(ids)}\ncurrency: ${
          JSON.stringify({ code: "EUR", perUsd: 1, source: addresses.join(" ") })
        }`
      )
      assert.strictEqual(Array.isArray(options.failover) && options.failover.length, ids.length)
    }).pipe(Effect.scoped))
})

describe("vendors and models of one's own", () => {
  it.effect("come from models.yaml, one or several, and from the settings", () =>
    Effect.gen(function*() {
      const one = yield* loaded("routes: { mine: { candidates: [newco/newco-large] } }", newco)
      assert.strictEqual(Catalog.provider(one.catalog, "newco")?.apiKeyEnv, "NEWCO_API_KEY")
      assert.strictEqual(one.options.catalog, one.catalog)
      const several = yield* loaded(
        "providers:\n  other: { kind: openai-compatible, baseUrl: http://127.0.0.1:8/v1, label: Other }\n",
        `- provider: newco\n  models: [{ id: a }]\n- provider: openai\n  models: [{ id: gpt-mine, context: 5 }]\n`
      )
      assert.strictEqual(Catalog.named(several.catalog, "openai", "gpt-mine")?.context, 5)
      assert.isDefined(Catalog.named(several.catalog, "openai", "gpt-4o"))
      assert.strictEqual(Catalog.provider(several.catalog, "other")?.label, "Other")
      assert.deepStrictEqual(yield* problemsOf("", "provider: newco\nmodels:\n  - id: a\n    context: much\n"), [
        "4 a.context: Expected number (write it as the files of catalog/ do)"
      ])
      const [twice] = yield* problemsOf("", "- provider: newco\n- provider: newco\n")
      assert.include(twice, "[1].provider: newco is already in this file")
    }).pipe(Effect.scoped))

  it.effect("are named as those who get keys elsewhere", () =>
    Effect.gen(function*() {
      const { baseUrls, elsewhere } = yield* loaded(
        `providers:
  openai: { baseUrl: "https://gateway.example/v1" }
  anthropic: { baseUrl: "http://127.0.0.1:8080" }
secrets: { from: [{ vault: { address: "https://vault.example:8200" } }] }
telemetry: { otlp: { url: "http://localhost:4318" } }
`,
        newco.replace("http://127.0.0.1:9", "https://api.newco.example")
      )
      assert.deepStrictEqual(elsewhere, [
        { who: "newco", host: "api.newco.example" },
        { who: "openai", host: "gateway.example" },
        { who: "vault", host: "vault.example:8200" }
      ])
      assert.deepStrictEqual(baseUrls, {
        OPENAI_BASE_URL: "https://gateway.example/v1",
        ANTHROPIC_BASE_URL: "http://127.0.0.1:8080"
      })
    }).pipe(Effect.scoped))
})

describe("Loom.layerConfig", () => {
  const greeting = { prompt: "Say hello." }

  it.effect("asks a vendor where the file says it is, unless the environment says otherwise", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const other = yield* Sandbox.make()
      const at = yield* folder({
        "loom.config.yaml": `
providers: { openai: { baseUrl: "${sandbox.baseUrl("openai")}" } }
routes:
  easy: { candidates: [openai/gpt-4o-mini], validator: { minLength: 1 } }
  hard: { candidates: [openai/gpt-4o-mini], validator: { minLength: 1000000 } }
  json: { candidates: [openai/gpt-4o-mini], validator: { json: true } }
`
      })
      const within = <A, E, R>(effect: Effect.Effect<A, E, R>, environment: Readonly<Record<string, string>> = {}) =>
        effect.pipe(
          Effect.provide(Layer.provide(
            Loom.layerConfig({ from: at }),
            environmentOf({ HOME: "/nowhere", OPENAI_API_KEY: canary, ...environment })
          ))
        )
      assert.strictEqual((yield* within(Loom.route("easy", greeting))).provider, "openai")
      for (const route of ["hard", "json"]) {
        const error = yield* Effect.flip(within(Loom.route(route, greeting)))
        assert.strictEqual(error._tag === "GenerateError" ? error.reason._tag : error._tag, "Rejected")
      }
      assert.strictEqual((yield* sandbox.journal).length, 3)
      yield* within(Loom.generate({ model: "openai/gpt-4o-mini", ...greeting }), {
        OPENAI_BASE_URL: other.baseUrl("openai")
      })
      assert.deepStrictEqual([(yield* sandbox.journal).length, (yield* other.journal).length], [3, 1])
    }).pipe(Effect.scoped))

  it.effect("asks a vendor of one's own, with keys from where the file says", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const at = yield* folder({
        "loom.config.yaml": "secrets: { from: [{ dotenv: { path: keys.env } }] }\n",
        "models.yaml": newco.replace("http://127.0.0.1:9/v1", sandbox.baseUrl("deepseek")).replace(
          "newco-large",
          "deepseek-v4-pro"
        ),
        "keys.env": `NEWCO_API_KEY=${canary}\n`
      })
      const generation = yield* Loom.generate({ model: "newco/deepseek-v4-pro", ...greeting }).pipe(
        Effect.provide(Loom.layerConfig({ path: join(at, "loom.config.yaml") }))
      )
      assert.strictEqual(generation.provider, "newco")
      assert.isAbove(generation.cost.picoUsd ?? 0, 0)
      assert.strictEqual((yield* sandbox.journal).length, 1)
    }).pipe(Effect.scoped))

  it.effect("takes what is given in code over the file, routes by name", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml": `
defaults: { temperature: 0.5 }
routes: { a: { candidates: [openai/gpt-4o] }, b: { candidates: [openai/gpt-4o] } }
`
      })
      const temperatures: Array<number | undefined> = []
      const fake = Generator.fake(({ params }) => {
        temperatures.push(params.temperature)
        return "Hello."
      })
      const b = { candidates: [{ model: "anthropic/claude-haiku-4-5" }] as const }
      const layer = Loom.layerConfig({
        from: at,
        defaults: undefined,
        providers: { openai: fake, anthropic: fake },
        routes: { b: Router.make(b) }
      })
      const [first, second] = yield* Effect.all([Loom.route("a", greeting), Loom.route("b", greeting)]).pipe(
        Effect.provide(layer)
      )
      assert.deepStrictEqual([first.provider, second.provider], ["openai", "anthropic"])
      assert.deepStrictEqual(temperatures, [0.5, 0.5])
    }).pipe(Effect.scoped))

  it.effect("fails with what is wrong with the file, before anybody is asked", () =>
    Effect.gen(function*() {
      const at = yield* folder({ "loom.config.yaml": "retry: { maxAttempts: 0 }" })
      const error = yield* Effect.flip(
        Effect.provide(Loom.generate({ model: "openai/gpt-4o-mini", ...greeting }), Loom.layerConfig({ from: at }))
      )
      assert.isTrue(error instanceof LoomConfig.ConfigError)
      assert.match(
        error.message,
        /loom\.config\.yaml:1: retry\.maxAttempts: expected a value greater than or equal to 1/
      )
    }).pipe(Effect.scoped))

  it.effect("sends telemetry where the file says, and warns of a header that isn't there", () =>
    Effect.gen(function*() {
      const arrived: Array<string | undefined> = []
      const server = createServer((request, response) => {
        arrived.push(request.headers["x-team"]?.toString())
        request.resume().on("end", () => response.end("{}"))
      })
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => server.close())
      )
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const at = yield* folder({
        "loom.config.yaml": `
telemetry:
  otlp: { url: "http://127.0.0.1:${port}", headers: { x-team: TEAM, x-other: OTHER }, signals: [traces] }
`
      })
      const { layer, lines } = logged()
      yield* Loom.generate({ model: "openai/gpt-4o-mini", ...greeting }).pipe(
        Effect.provide(Layer.provide(
          Loom.layerConfig({ from: at, providers: { openai: Generator.fake(() => "Hello.") } }),
          Layer.merge(environmentOf({ TEAM: "looms" }), layer)
        ))
      )
      assert.deepStrictEqual([...new Set(arrived)], ["looms"])
      assert.include(JSON.stringify(lines), "OTHER isn't set, and the header x-other is left out")
    }).pipe(Effect.scoped))
})
