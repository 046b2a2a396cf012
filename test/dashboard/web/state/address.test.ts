import { assert, describe, it } from "@effect/vitest"
import {
  batchStates,
  changed,
  filterNames,
  type Filters,
  metrics,
  pages,
  parse,
  print,
  rangeNames,
  selection,
  statuses,
  type View
} from "../../../../src/dashboard/web/state/address.ts"
import { randomOf } from "../../../storage/records.ts"

const hostile = [
  "plain",
  "a b&c=d",
  "ünï 漢字 🧵",
  "<script>alert(1)</script>",
  "=cmd|' /C calc'!A0",
  "%00",
  "+",
  "#?/"
]

const viewOf = (seed: number): View => {
  const random = randomOf(seed)
  const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!
  const since = Math.floor(random() * 2e12)
  const valueOf: Record<(typeof filterNames)[number], () => string> = {
    status: () => pick(statuses),
    cached: () => pick(["true", "false"]),
    minMs: () => String(random() * 1e4),
    minUsd: () => String(random()),
    provider: () => pick(hostile),
    model: () => pick(hostile),
    route: () => pick(hostile),
    error: () => pick(hostile),
    tag: () => pick(hostile),
    text: () => pick(hostile)
  }
  const filters: Filters = Object.fromEntries(
    filterNames.filter(() => random() < 0.4).map((name) => [name, valueOf[name]()])
  )
  const page = pick(pages)
  return {
    page,
    range: random() < 0.3 ? { since, until: since + 1 + Math.floor(random() * 1e9) } : pick(rangeNames),
    filters,
    request: random() < 0.3 ? pick(hostile) : undefined,
    before: random() < 0.3 ? pick(hostile) : undefined,
    isLive: random() < 0.8,
    by: page === "cost" ? pick(["provider", "model", ...hostile.map((key) => `tag:${key}` as const)]) : "provider",
    metric: page === "providers" ? pick(metrics) : "p95",
    state: page === "batches" && random() < 0.5 ? pick(batchStates) : undefined,
    batch: page === "batches" && random() < 0.5 ? pick(hostile) : undefined
  }
}

describe("address", () => {
  it("says all of a view", () => {
    for (let seed = 0; seed < 500; seed++) {
      const view = viewOf(seed)
      assert.deepStrictEqual(parse(print(view)), view)
    }
  })

  it("is short where nothing was chosen", () => {
    assert.strictEqual(print(parse("")), "?")
    assert.strictEqual(print(parse("?page=requests")), "?page=requests")
  })

  it("shows a page whatever was typed", () => {
    const mistyped =
      "?page=nowhere&by=tag:x&metric=p99&range=9y&since=5&until=2&status=fine&cached=maybe&minMs=much&minUsd=-1&text=&request=&state=gone&batch=b1"
    assert.deepStrictEqual(parse(mistyped), parse(""))
  })

  it("selects calls by what the API knows", () => {
    const view = parse("?page=requests&status=error&minMs=5&request=r1&before=c1&live=off")
    assert.strictEqual(selection(view).toString(), "range=24h&status=error&minMs=5")
    assert.strictEqual(selection(parse("?since=1&until=2")).toString(), "since=1&until=2")
  })

  it("starts at the newest again where other calls are shown, and stays where none are", () => {
    const view = parse("?page=requests&before=c1&request=r1")
    assert.strictEqual(changed(view, { filters: { provider: "openai" } }).before, undefined)
    assert.strictEqual(changed(view, { range: "1h" }).before, undefined)
    assert.strictEqual(changed(view, { filters: {} }).request, "r1")
    assert.strictEqual(changed(view, { page: "overview" }).request, undefined)
    assert.strictEqual(changed(view, { page: "overview", request: "r2" }).request, "r2")
    assert.strictEqual(changed(view, { request: undefined }).before, "c1")
    assert.strictEqual(changed(view, { before: "c2" }).before, "c2")
    const cost = parse("?page=cost&by=tag:tenant")
    assert.strictEqual(changed(cost, { range: "1h" }).by, "tag:tenant")
    assert.strictEqual(changed(cost, { page: "providers" }).by, "provider")
    const batches = parse("?page=batches&state=open&batch=b1&before=c1")
    assert.deepInclude(changed(batches, { range: "1h" }), { state: "open", batch: "b1", before: undefined })
    assert.deepInclude(changed(batches, { state: "ended" }), { state: "ended", before: undefined })
    assert.deepInclude(changed(batches, { page: "cost" }), { state: undefined, batch: undefined })
    // A call of the batch is shown above it.
    assert.deepInclude(changed(batches, { request: "r1" }), { request: "r1", batch: "b1", before: "c1" })
  })
})
