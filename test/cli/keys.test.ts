import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as VaultServer from "loom-router/sandbox/secrets/Vault"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Diagnosis from "../../src/cli/Diagnosis.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as KeyRing from "../../src/cli/KeyRing.ts"
import * as Sandbox from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, loom, type World } from "./loom.ts"

/** A user's own place, and sandboxes for vendors that know `canary`. */
const setUp = Effect.gen(function*() {
  const home = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-keys-"))),
    (home) => Effect.sync(() => rmSync(home, { recursive: true, force: true }))
  )
  const sandbox = yield* Sandbox.make({ keys: [canary] })
  const env = {
    LOOM_HOME: home,
    LOOM_SECRETS: "environment,file",
    OPENAI_BASE_URL: sandbox.baseUrl("openai"),
    ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic")
  }
  const run = (args: ReadonlyArray<string>, world: World = {}) =>
    Effect.tap(
      loom(args, { ...world, env: { ...env, ...world.env } }),
      ({ stderr, stdout }) => Effect.sync(() => assert.notInclude(stdout + stderr, canary.slice(0, -4)))
    )
  return { home, path: join(home, "keys.json"), run, sandbox, env }
})

describe("loom keys", () => {
  it.live("keeps a key that is piped in, shows its end, and removes it", () =>
    Effect.gen(function*() {
      const { path, run } = yield* setUp
      assert.deepStrictEqual(yield* run(["keys", "set", "openai"], { stdin: `${canary}\n` }), {
        stdout: `kept OPENAI_API_KEY in ${path}\n`,
        stderr: "",
        code: 0
      })
      assert.deepStrictEqual(JSON.parse(readFileSync(path, "utf8")), { OPENAI_API_KEY: canary })
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      const { stdout } = yield* run(["keys"])
      assert.match(stdout, /^PROVIDER +NAME +KEY +FROM\n/)
      assert.match(stdout, new RegExp(`^openai +OPENAI_API_KEY +…${canary.slice(-4)} +${path}$`, "m"))
      assert.match(stdout, /^anthropic +ANTHROPIC_API_KEY +— +—$/m)
      assert.strictEqual((yield* run(["keys", "list"])).stdout, stdout)
      assert.strictEqual(
        (yield* run(["keys", "set", "OPENAI_API_KEY"], { stdin: canary })).stdout,
        `replaced OPENAI_API_KEY in ${path}\n`
      )
      assert.strictEqual((yield* run(["keys", "remove", "openai"])).stdout, `removed OPENAI_API_KEY from ${path}\n`)
      const gone = yield* run(["keys", "remove", "openai"])
      assert.deepStrictEqual([gone.code, gone.stdout], [1, ""])
      assert.include(gone.stderr, `OPENAI_API_KEY isn't in ${path}`)
    }))

  it.live("keeps keys of other names, and lists them", () =>
    Effect.gen(function*() {
      const { path, run } = yield* setUp
      yield* run(["keys", "set", "NEWCO_API_KEY", "-q"], { stdin: "short" })
      assert.match((yield* run(["keys"])).stdout, new RegExp(`^— +NEWCO_API_KEY +… +${path}$`, "m"))
    }))

  it.live("says that another place goes before the file, or that the file isn't read", () =>
    Effect.gen(function*() {
      const { run } = yield* setUp
      const set = (env: Readonly<Record<string, string>>) =>
        Effect.map(run(["keys", "set", "openai"], { stdin: canary, env }), ({ stderr }) => stderr)
      assert.strictEqual(
        yield* set({ OPENAI_API_KEY: "sk-elsewhere-0123" }),
        "note: the key in the environment goes before it\n"
      )
      assert.strictEqual(
        yield* set({ LOOM_SECRETS: "environment" }),
        "note: the file isn't among the sources that LOOM_SECRETS or the settings name\n"
      )
    }))

  it.live("takes no key that is none, and no name that is none", () =>
    Effect.gen(function*() {
      const { path, run } = yield* setUp
      for (const stdin of ["", " \n", "two words", "two\nlines", "\u0000"]) {
        assert.strictEqual((yield* run(["keys", "set", "openai"], { stdin })).code, 2, JSON.stringify(stdin))
      }
      const odd = yield* run(["keys", "set", "opnai"], { stdin: canary })
      assert.strictEqual(odd.code, 2)
      assert.match(odd.stderr, /the providers are anthropic, .*openai/)
      assert.strictEqual((yield* run(["keys", "set", "openai", canary.slice(-4)], { stdin: canary })).code, 2)
      assert.isFalse(existsSync(path))
    }))

  it.live("says what is wrong with the file", () =>
    Effect.gen(function*() {
      const { path, run } = yield* setUp
      yield* run(["keys", "set", "openai"], { stdin: canary })
      chmodSync(path, 0o644)
      const listed = yield* run(["keys"])
      assert.include(listed.stderr, `note: file: ${path} may be read by others (mode 644): run \`chmod 600 ${path}\``)
      const set = yield* run(["keys", "set", "openai"], { stdin: canary })
      assert.strictEqual(set.code, 1)
      assert.include(set.stderr, "chmod 600")
      writeFileSync(path, canary, { mode: 0o600 })
      chmodSync(path, 0o600)
      assert.include((yield* run(["keys"])).stderr, "holds no JSON object")
    }))

  it.live("asks the vendors, each in its own way", () =>
    Effect.gen(function*() {
      const { run, sandbox } = yield* setUp
      const both = { OPENAI_API_KEY: canary, ANTHROPIC_API_KEY: canary }
      const accepted = yield* run(["keys", "check"], { env: both })
      assert.strictEqual(accepted.code, 0)
      assert.match(accepted.stdout, /^openai .* the environment +accepted in \d/m)
      assert.match(accepted.stdout, /^anthropic .* the environment +accepted in \d/m)
      const others = yield* run(["keys", "check"], {
        env: {
          MISTRAL_API_KEY: canary,
          MISTRAL_BASE_URL: sandbox.baseUrl("mistral"),
          CO_API_KEY: canary,
          COHERE_BASE_URL: sandbox.baseUrl("cohere")
        }
      })
      assert.match(others.stdout, /^mistral .* the environment +accepted in \d/m)
      assert.match(others.stdout, /^cohere .* the environment +accepted in \d/m)
      assert.lengthOf(yield* sandbox.bill, 0)
      const refused = yield* run(["keys", "check", "openai", "--json"], {
        env: { OPENAI_API_KEY: "sk-wrong-0123456789" }
      })
      assert.strictEqual(refused.code, 4)
      const { keys } = decoded(KeyRing.CheckDocument, refused)
      assert.deepStrictEqual(
        keys.map(({ detail, lastFour, outcome, provider }) => [provider, outcome, detail, lastFour]),
        [
          ["openai", "refused", "401", "6789"]
        ]
      )
      const nowhere = yield* run(["keys", "check"], { env: { ...both, OPENAI_BASE_URL: "http://127.0.0.1:1" } })
      assert.strictEqual(nowhere.code, 3)
      assert.match(nowhere.stdout, /^openai .*unreachable \(.*ECONNREFUSED\)+$/m)
      assert.strictEqual((yield* run(["keys", "check", "anthropic"], { env: {} })).code, 4)
      const none = yield* run(["keys", "check"])
      assert.deepStrictEqual([none.code, none.stdout], [4, ""])
    }))

  it.live("asks a vendor that tells of a wrong key as of a wrong argument", () =>
    Effect.gen(function*() {
      const { run, sandbox } = yield* setUp
      const check = (GOOGLE_API_KEY: string) =>
        run(["keys", "check", "gemini"], { env: { GOOGLE_API_KEY, GEMINI_BASE_URL: sandbox.baseUrl("gemini") } })
      const accepted = yield* check(canary)
      assert.strictEqual(accepted.code, 0)
      assert.match(accepted.stdout, /^gemini .* the environment +accepted in \d/m)
      const refused = yield* check("sk-wrong-0123456789")
      assert.strictEqual(refused.code, 4)
      assert.match(refused.stdout, /refused \(400\)/)
    }))

  it.live("finds keys in Vault, and says what keeps it from there", () =>
    Effect.gen(function*() {
      const { run } = yield* setUp
      const vault = yield* VaultServer.make()
      vault.put("loom", { OPENAI_API_KEY: canary })
      const env = { LOOM_SECRETS: "environment,vault", VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token() }
      const listed = decoded(KeyRing.ListDocument, yield* run(["keys", "--json"], { env }))
      const rows = listed.keys.map(({ lastFour, provider, source }) => [provider, source, lastFour])
      assert.deepStrictEqual(rows.find(([provider]) => provider === "anthropic"), ["anthropic", null, null])
      assert.deepStrictEqual(rows.filter(([, source]) => source !== null), [
        ["openai", "Vault (secret/loom#OPENAI_API_KEY)", canary.slice(-4)]
      ])
      const { stderr } = yield* run(["keys"], { env: { ...env, VAULT_ADDR: "" } })
      assert.strictEqual(stderr, "note: vault: its address isn't set: set VAULT_ADDR, or `address`\n")
    }))

  it.live("aren't asked for in a dry run", () =>
    Effect.gen(function*() {
      const { run } = yield* setUp
      const vault = yield* VaultServer.make()
      const env = { LOOM_SECRETS: "vault", VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token() }
      assert.strictEqual((yield* run(["g", "Hello", "--dry-run"], { env })).code, 0)
      assert.lengthOf(vault.arrivals(), 0)
    }))

  it.live("prints JSON alone where that is asked for", () =>
    Effect.gen(function*() {
      const { path, run } = yield* setUp
      assert.deepStrictEqual(
        decoded(KeyRing.WrittenDocument, yield* run(["keys", "set", "openai", "--json"], { stdin: canary })),
        { schemaVersion: 1, name: "OPENAI_API_KEY", path, existed: false }
      )
      assert.deepStrictEqual(decoded(KeyRing.PathDocument, yield* run(["keys", "path", "--json"])), {
        schemaVersion: 1,
        path
      })
      assert.strictEqual((yield* run(["keys", "path"])).stdout, `${path}\n`)
      const removed = decoded(KeyRing.WrittenDocument, yield* run(["keys", "remove", "openai", "--json"]))
      assert.isTrue(removed.existed)
      const failed = decoded(Failure.Document, yield* run(["keys", "remove", "openai", "--json"]))
      assert.strictEqual(failed.error.tag, "KeyMissing")
    }))
})

describe("loom doctor", () => {
  it.live("finds nothing wrong where nothing is", () =>
    Effect.gen(function*() {
      const { home, run } = yield* setUp
      writeFileSync(join(home, "calls.db"), "")
      const ran = yield* run(["doctor"], { env: { OPENAI_API_KEY: canary, ANTHROPIC_API_KEY: canary } })
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      assert.match(ran.stdout, /^✓ Node \d+\.\d+\n✓ database, 0\.0 kB\n[✓▲] catalog, \d+ days? old\n/)
      assert.match(ran.stdout, /^✓ clock$/m)
      assert.match(
        ran.stdout,
        new RegExp(`^✓ openai: OPENAI_API_KEY from the environment \\(…${canary.slice(-4)}\\) accepted in \\d`, "m")
      )
      assert.notInclude(ran.stdout, "✗")
    }))

  it.live("says why and how to mend it", () =>
    Effect.gen(function*() {
      const { run } = yield* setUp
      const refused = yield* run(["doctor"], { env: { OPENAI_API_KEY: "sk-wrong-0123456789" } })
      assert.strictEqual(refused.code, 4)
      assert.match(
        refused.stdout,
        new RegExp(
          "✗ openai: key refused \\(401\\)\n" +
            "  why: OPENAI_API_KEY from the environment \\(…6789\\) was rejected by the vendor\n" +
            "  fix: loom keys set openai\n" +
            "▲ no key for anthropic(, \\w+)*\n  fix: loom keys set anthropic\n"
        )
      )
      const keyless = yield* run(["doctor"])
      assert.strictEqual(keyless.code, 4)
      assert.match(keyless.stdout, /✗ no key for anthropic(, \w+)*, openai(, \w+)*\n {2}why: Loom can't call anybody\n/)
    }))

  it.live("looks at the sources of keys, the vendors' reach, the database and the clock", () =>
    Effect.gen(function*() {
      const { env, home, run } = yield* setUp
      writeFileSync(join(home, "calls.db"), "no database at all, but long enough to be taken for one".repeat(20))
      const ran = yield* run(["doctor", "--json"], {
        env: {
          ...env,
          LOOM_SECRETS: "environment,vault",
          OPENAI_API_KEY: canary,
          ANTHROPIC_BASE_URL: "http://127.0.0.1:1"
        }
      })
      const { findings, healthy } = decoded(Diagnosis.Document, ran)
      assert.isFalse(healthy)
      assert.deepStrictEqual(
        findings.filter(({ state }) => state === "failure").map(({ subject, what }) => [subject, what]),
        [
          ["database", "database: can't be read"],
          ["secrets", "vault: no keys"],
          ["anthropic", "anthropic: out of reach"]
        ]
      )
      for (const { fix, state } of findings) if (state !== "ok") assert.isNotEmpty(fix)
      assert.strictEqual(ran.code, 1)
    }))
})
