import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { CallRecord } from "loom-router"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Failure from "../../src/cli/Failure.ts"
import * as Format from "../../src/cli/Format.ts"
import * as LogList from "../../src/cli/LogList.ts"
import * as LogPath from "../../src/cli/LogPath.ts"
import * as LogSheet from "../../src/cli/LogSheet.ts"
import * as StatsTable from "../../src/cli/StatsTable.ts"
import { keep } from "../storage/files.ts"
import { variedOf } from "../storage/records.ts"
import { decoded, interruptAfter, loom, run, source } from "./loom.ts"

const now = Date.now()
const minute = 60_000

/** A home of its own, with these calls in its log. */
const homeOf = (records: ReadonlyArray<CallRecord.CallRecord>) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-logs-"))),
    (home) => Effect.sync(() => rmSync(home, { recursive: true }))
  ).pipe(Effect.tap((home) => records.length === 0 ? Effect.void : keep(join(home, "calls.db"), records)))

const endOf = ({ startedAt, timing }: CallRecord.CallRecord) => Math.floor(startedAt + timing.total)
const inOrder = (records: ReadonlyArray<CallRecord.CallRecord>) => [...records].sort((a, b) => endOf(a) - endOf(b))

const withIds = (records: ReadonlyArray<CallRecord.CallRecord>) =>
  records.map((record, n) => Object.assign(record, { id: `01a20a01-${String(n).padStart(4, "0")}` }))

describe("loom logs", () => {
  it.live("lists the newest calls, the last at the end", () =>
    Effect.gen(function*() {
      const records = variedOf(1, now - 50 * minute, now, 60)
      const env = { LOOM_HOME: yield* homeOf(records) }
      const newest = inOrder(records)
      const listed = yield* loom(["logs"], { env })
      assert.strictEqual(listed.code, 0)
      assert.strictEqual(listed.stderr, "")
      const [title, ...lines] = listed.stdout.trimEnd().split("\n")
      assert.match(title ?? "", /^TIME +STATUS +MODEL +LATENCY +IN +OUT +CACHE +COST +ID$/)
      assert.deepStrictEqual(lines.map((line) => line.split(/ +/).at(-1)), newest.slice(-20).map(({ id }) => id))
      const last = newest.at(-1)!
      assert.include(lines.at(-1), Format.time(endOf(last)))
      assert.include(lines.at(-1), `${last.provider}/${last.model}`)
      const ids = yield* loom(["logs", "list", "-n", "5", "-q"], { env })
      assert.strictEqual(ids.stdout, newest.slice(-5).map(({ id }) => `${id}\n`).join(""))
    }))

  it.live("chooses by every flag, as the dashboard does", () =>
    Effect.gen(function*() {
      const records = variedOf(2, now - 50 * minute, now, 250)
      const env = { LOOM_HOME: yield* homeOf(records) }
      const failed = records.find(({ outcome }) => outcome !== "ok" && outcome !== "interrupted")!
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, (record: CallRecord.CallRecord) => boolean]> = [
        [["--provider", "openai"], ({ provider }) => provider === "openai"],
        [["-m", "openai/gpt-4o"], ({ model, provider }) => provider === "openai" && model === "gpt-4o"],
        [["--model", "gpt-4o-mini"], ({ model }) => model === "gpt-4o-mini"],
        [["--route", "cheap"], ({ route }) => route === "cheap"],
        [["--status", "interrupted"], ({ outcome }) => outcome === "interrupted"],
        [["--error", failed.outcome], ({ outcome }) => outcome === failed.outcome],
        [["--tag", "tenant:acme"], ({ tags }) => tags["tenant"] === "acme"],
        [["--cached"], ({ cache }) => cache !== "miss"],
        [["--no-cached"], ({ cache }) => cache === "miss"],
        [["--min-latency", "1.5s"], ({ timing }) => timing.total >= 1500],
        [["--min-cost", "0.0004"], ({ attempts }) =>
          attempts.reduce((sum, { cost }) => sum + (cost?.picoUsd ?? 0), 0) >= 4e8],
        [["--text", "HAIKU"], ({ model }) =>
          model.includes("haiku")],
        [["--since", "20m", "--provider", "gemini"], (record) =>
          record.provider === "gemini" && endOf(record) >= now - 20 * minute],
        [["--since", new Date(now - 10 * minute).toISOString()], (record) =>
          endOf(record) >= now - 10 * minute]
      ]
      for (const [flags, passes] of cases) {
        const ran = yield* loom(["logs", "-n", "1000", "--json", ...flags], { env })
        const { calls } = decoded(LogList.Document, ran)
        const expected = inOrder(records.filter(passes)).map(({ id }) =>
          id
        )
        assert.isAbove(expected.length, 0, flags.join(" "))
        if (flags.includes("20m")) assert.includeMembers(expected, calls.map(({ id }) => id))
        else assert.deepStrictEqual(calls.map(({ id }) => id), expected, flags.join(" "))
      }
    }))

  it.live("shows one call: by its id, or how that begins", () =>
    Effect.gen(function*() {
      const records = withIds(variedOf(3, now - 50 * minute, now, 200))
      const env = { LOOM_HOME: yield* homeOf(records) }
      const failed = records.find(({ attempts, error }) => error !== undefined && attempts.length > 0)!
      const { stdout } = yield* loom(["logs", "show", failed.id], { env })
      assert.include(stdout, failed.id)
      assert.include(stdout, `${failed.outcome}: ${failed.error?.what}`)
      assert.include(stdout, `fix: ${failed.error?.fix}`)
      assert.match(stdout, /^ATTEMPT +MODEL +OUTCOME +WAITED +TOOK +BILLED +COST +WHY$/m)
      const answered = records.find(({ attempts }) => attempts.some(({ cost }) => (cost?.lines.length ?? 0) > 0))!
      const sheet = yield* loom(["logs", "show", answered.id], { env })
      assert.match(sheet.stdout, /^ATTEMPT +UNIT +QUANTITY +PRICE\/1M +TIMES +COST$/m)
      const document = decoded(LogSheet.Document, yield* loom(["logs", "show", answered.id, "--json"], { env }))
      assert.strictEqual(document.call.id, answered.id)
      const begun = answered.id.slice(0, -2)
      const several = yield* loom(["logs", "show", begun], { env })
      assert.deepStrictEqual([several.code, several.stdout], [2, ""])
      assert.match(several.stderr, /^NotFound: several calls begin with/)
      const nobody = yield* loom(["logs", "show", "nobody", "--json"], { env })
      assert.strictEqual(nobody.code, 2)
      assert.strictEqual(decoded(Failure.Document, nobody).error.tag, "NotFound")
    }))

  it.live("obeys no control character of a log", () =>
    Effect.gen(function*() {
      const evil = "\u001b]0;owned\u0007"
      const records = variedOf(4, now - minute, now, 30).map((record) =>
        Object.assign(record, {
          model: `gpt${evil}`,
          tags: { [`k${evil}`]: evil },
          attempts: record.attempts.map((attempt) => Object.assign(attempt, { why: evil, model: `gpt${evil}` }))
        })
      )
      const env = { LOOM_HOME: yield* homeOf(records) }
      for (
        const args of [["logs"], ["logs", "show", records[0]!.id], ["stats", "--by", "tag"], ["stats", "--by", "model"]]
      ) {
        const { code, stderr, stdout } = yield* loom(args, { env })
        assert.strictEqual(code, 0)
        assert.notInclude(stdout + stderr, "\u001b")
      }
    }))

  it.live("says where the log is, and makes none", () =>
    Effect.gen(function*() {
      const home = join(yield* homeOf([]), "loom")
      const env = { LOOM_HOME: home }
      const path = join(home, "calls.db")
      assert.strictEqual((yield* loom(["logs", "path"], { env })).stdout, `${path}\n`)
      assert.strictEqual(decoded(LogPath.Document, yield* loom(["logs", "path", "--json"], { env })).path, path)
      const none = yield* loom(["logs"], { env })
      assert.deepStrictEqual(none, { stdout: "", stderr: "no such calls\n", code: 0 })
      assert.deepStrictEqual(decoded(LogList.Document, yield* loom(["logs", "--json"], { env })).calls, [])
      assert.isFalse(existsSync(home))
    }))

  it.live("says that a file is no log, and where it is", () =>
    Effect.gen(function*() {
      const home = yield* homeOf([])
      writeFileSync(join(home, "calls.db"), "somebody's notes. ".repeat(1000))
      const env = { LOOM_HOME: home }
      for (const args of [["logs"], ["logs", "show", "x"], ["stats"]]) {
        const ran = yield* loom(args, { env })
        assert.deepStrictEqual([ran.code, ran.stdout], [1, ""])
        assert.match(
          ran.stderr,
          /^ReadError: the call log can't be read: .*\n {2}why: the log is .*calls\.db\n {2}fix: /
        )
        const { error } = decoded(Failure.Document, yield* loom([...args, "--json"], { env }))
        assert.strictEqual(error.tag, "ReadError")
      }
    }))

  it.live("follows what another process records, a line of JSON each", () =>
    Effect.gen(function*() {
      const records = variedOf(5, now - 50 * minute, now, 40)
      const home = yield* homeOf(records.slice(0, 10))
      const path = join(home, "calls.db")
      const passing = records.slice(10).filter(({ provider }) => provider === "openai")
      const [command, ...args] = source
      let told = ""
      const arrived = Effect.callback<void>((resume) => {
        const timer = setInterval(() => {
          if (told.trimEnd().split("\n").length < 3 + passing.length) return
          clearInterval(timer)
          resume(Effect.void)
        }, 20)
      })
      const begun = Effect.callback<void>((resume) => {
        const timer = setInterval(() => {
          if (!told.includes("\n")) return
          clearInterval(timer)
          resume(Effect.void)
        }, 20)
      })
      const before = inOrder(records.slice(0, 10)).filter(({ provider }) => provider === "openai").slice(-3)
      const ran = yield* Effect.promise(() =>
        run(command, [...args, "logs", "tail", "-n", "3", "--provider", "openai", "--json"], {
          env: { LOOM_HOME: home },
          meddle: (child) => {
            child.stdout?.on("data", (text: string) => told += text)
            interruptAfter(
              begun.pipe(Effect.andThen(keep(path, records.slice(10))), Effect.andThen(arrived))
            )(child)
          }
        })
      )
      const decode = Schema.decodeSync(Schema.fromJsonString(Schema.toCodecJson(LogList.LineDocument)))
      const lines = ran.stdout.trimEnd().split("\n").map((line) => decode(line))
      assert.deepStrictEqual(lines.map(({ id }) => id), [...before, ...passing].map(({ id }) => id))
      const failed = lines.find(({ error }) => error !== null)
      if (failed !== undefined) assert.strictEqual(failed.error?.tag, failed.outcome)
      assert.strictEqual(ran.code, 130)
    }))
})

describe("loom stats", () => {
  it.live("adds up by provider, model and tag, as the dashboard does", () =>
    Effect.gen(function*() {
      const records = variedOf(6, now - 50 * minute, now, 300)
      const env = { LOOM_HOME: yield* homeOf(records) }
      for (const by of ["provider", "model", "tag"]) {
        const document = decoded(StatsTable.Document, yield* loom(["stats", "--by", by, "--json"], { env }))
        assert.strictEqual(document.total.calls, records.length)
        const cost = records.flatMap(({ attempts }) => attempts)
          .reduce((sum, { cost }) => sum + BigInt(cost?.picoUsd ?? 0), 0n)
        assert.strictEqual(BigInt(document.total.cost.picoUsd), cost)
        assert.strictEqual(
          BigInt(document.savings.baseline.picoUsd),
          BigInt(document.savings.actual.picoUsd) + BigInt(document.savings.saved.picoUsd)
        )
        if (by !== "tag") {
          const sum = document.groups.reduce((sum, { totals }) => sum + BigInt(totals.cost.picoUsd), 0n)
          assert.strictEqual(sum, cost)
        }
        const { code, stderr, stdout } = yield* loom(["stats", "--by", by], { env })
        assert.strictEqual(code, 0)
        assert.match(stdout, new RegExp(`^${by.toUpperCase()} +CALLS +ERRORS +P50 +P95 +IN +OUT +COST`))
        for (const { key } of document.groups) assert.include(stdout, key)
        assert.include(stderr, "300 calls since")
        assert.include(stderr, `spent ${Format.usd(document.total.cost.usd)}`)
        assert.include(stderr, `+ ${document.savings.unpriced} unpriced`)
      }
      const openai = decoded(
        StatsTable.Document,
        yield* loom(["stats", "--since", "2h", "--provider", "openai", "--json"], { env })
      )
      assert.strictEqual(openai.total.calls, records.filter(({ provider }) => provider === "openai").length)
      assert.match((yield* loom(["stats", "-q"], { env })).stdout, /^\d+(\.\d+)?\n$/)
    }))

  it.live("is told wrong flags in words", () =>
    Effect.gen(function*() {
      for (const args of [["--since", "yesterday"], ["--by", "weather"], ["--tag", "acme"], ["--min-latency", "-1s"]]) {
        const ran = yield* loom(["stats", ...args])
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""], args.join(" "))
        assert.match(ran.stderr, /^Usage: /)
      }
    }))
})
