import { type CallRecord, type Cost, Saved, Usage } from "loom-router"

/** Small, fast and the same everywhere: mulberry32. */
export const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const models = [
  ["openai", "gpt-4o-mini"],
  ["openai", "gpt-4o"],
  ["anthropic", "claude-haiku-4-5"],
  ["gemini", "gemini-2.5-flash"]
] as const
const source = ["https://openai.com/api/pricing"]

type Record = CallRecord.CallRecord
type Attempt = Record["attempts"][number]

/** Calls as they are seen in production: mostly one attempt, sometimes a failure before it, sometimes a hit. */
export const recordsOf = (seed: number, startedAt: number, id: string = String(seed)) => {
  const random = randomOf(seed)
  const int = (below: number) => Math.floor(random() * below)
  const pick = <A>(from: ReadonlyArray<A>): A => from[int(from.length)]!

  const answered = (provider: string, model: string, at: number): Attempt => {
    const usage = Usage.make({
      inputUncached: int(4000),
      cacheRead: random() < 0.3 ? int(4000) : 0,
      cacheWrite: random() < 0.1 ? { "5m": int(1000) } : {},
      outputText: int(900),
      outputReasoning: random() < 0.1 ? int(2000) : 0
    })
    const line = (unit: string, quantity: number, rate: number): Cost.Line => ({
      unit,
      quantity,
      rate,
      multipliers: {},
      picoUsd: quantity * rate
    })
    const lines = [
      line("inputUncached", usage.inputUncached, 150_000),
      line("cacheRead", usage.cacheRead, 75_000),
      line("outputText", usage.outputText, 600_000)
    ].filter(({ quantity }) => quantity > 0)
    const priced = random() < 0.95
    const picoUsd = priced ? lines.reduce((sum, { picoUsd }) => sum + picoUsd, 0) : undefined
    const usd = picoUsd === undefined ? undefined : picoUsd / 1e12
    return {
      provider,
      model,
      asked: model,
      candidate: 0,
      startedAt: at,
      duration: random() * 3000,
      firstToken: random() < 0.5 ? random() * 500 : undefined,
      outcome: "ok",
      billed: "yes",
      usage,
      cost: {
        status: priced ? "measured" : "unknown",
        picoUsd,
        usd,
        local: { currency: "USD", amount: usd, perUsd: 1, asOf: undefined, source: undefined },
        lines,
        unpriced: priced ? [] : ["outputText"],
        price: { provider, model, from: "2026-01-01", source, confidence: "vendor-page" },
        reportedUsd: undefined
      },
      serviceTier: random() < 0.2 ? "default" : undefined,
      region: undefined,
      status: undefined,
      why: undefined,
      requestId: `req_${int(1e9).toString(36)}`
    }
  }

  const refused = (provider: string, model: string, at: number): Attempt => ({
    provider,
    model,
    asked: model,
    candidate: 0,
    startedAt: at,
    duration: random() * 200,
    firstToken: undefined,
    outcome: random() < 0.7 ? "RateLimited" : "Timeout",
    billed: random() < 0.7 ? "no" : "maybe",
    usage: undefined,
    cost: undefined,
    serviceTier: undefined,
    region: undefined,
    status: 429,
    why: "the vendor limits how much may be asked",
    requestId: undefined
  })

  return (n: number): Record => {
    const at = startedAt + n
    const [provider, model] = pick(models)
    const luck = random()
    const hit = luck < 0.1
    const failed = luck > 0.97
    const attempts: Array<Attempt> = []
    if (!hit) {
      if (random() < 0.1) attempts.push(refused(provider, model, at))
      attempts.push(failed ? refused(provider, model, at + 300) : answered(provider, model, at + 300))
    }
    const last = attempts.at(-1)
    const total = hit ? random() : attempts.reduce((sum, { duration }) => sum + duration, 0.5 + random())
    return {
      id: `${id}-${n}`,
      startedAt: at,
      operation: random() < 0.5 ? "generate" : "stream",
      modality: "text",
      asked: { provider, model },
      provider,
      model,
      outcome: failed ? last?.outcome ?? "defect" : "ok",
      timing: { total, firstToken: last?.firstToken, overhead: random() },
      cache: hit ? "hit" : "miss",
      cacheable: hit || random() < 0.5,
      finishReason: failed ? undefined : "stop",
      saved: failed
        ? undefined
        : Saved.make(hit ? { responseCache: int(1e9) } : { promptCache: int(1e8) - 1e6 }),
      usage: failed ? undefined : last?.usage,
      error: failed
        ? { status: 429, what: "was rate limited", why: "the vendor limits how much may be asked", fix: "ask less" }
        : undefined,
      requestId: last?.requestId,
      tags: random() < 0.5 ? { tenant: pick(["acme", "umbrella", "initech"]), session: `s${int(1000)}` } : {},
      route: undefined,
      tried: [],
      warnings: [],
      attempts
    }
  }
}

const strange = ["", "plain", "ünïcode 漢字 🧵", "quote ' \" ; --", "tab\tnew\nline", "__proto__", "a".repeat(300)]

/** A record that uses every field it can, with values that production never sees. */
export const wildRecord = (seed: number, startedAt: number): Record => {
  const random = randomOf(seed)
  const int = (below: number) => Math.floor(random() * below)
  const pick = <A>(from: ReadonlyArray<A>): A => from[int(from.length)]!
  const text = () => `${pick(strange)}${int(100)}`
  const maybe = <A>(value: () => A): A | undefined => random() < 0.5 ? undefined : value()
  const counts = () => Object.fromEntries(Array.from({ length: int(3) }, (_, n) => [`${text()}${n}`, int(1e6)]))
  const large = () => random() < 0.1 ? Number.MAX_SAFE_INTEGER : int(1e12)

  const usage = () =>
    Usage.make({
      state: pick(["reported", "estimated", "missing"]),
      inputUncached: int(1e6),
      cacheRead: int(1e6),
      cacheWrite: counts(),
      outputText: int(1e6),
      outputReasoning: int(1e6),
      audioInput: int(1e3),
      audioOutput: int(1e3),
      imageInput: int(1e3),
      imageCacheRead: int(1e3),
      imageOutput: int(1e3),
      requests: counts(),
      images: Array.from({ length: int(3) }, () =>
        random() < 0.5
          ? { count: int(9) }
          : { count: int(9), width: int(4096), height: 1024, quality: text(), mode: "x" }),
      inputImages: int(5)
    })

  const cost = (): Cost.Cost => {
    const picoUsd = maybe(large)
    const usd = picoUsd === undefined ? undefined : picoUsd / 1e12
    const perUsd = pick([1, 0.9217, 155.3])
    return {
      status: picoUsd === undefined ? "unknown" : pick(["measured", "estimated"]),
      picoUsd,
      usd,
      local: {
        currency: pick(["USD", "EUR", "JPY"]),
        amount: usd === undefined ? undefined : usd * perUsd,
        perUsd,
        asOf: maybe(() => "2026-11-20"),
        source: maybe(text)
      },
      lines: Array.from({ length: int(4) }, () => ({
        unit: text(),
        quantity: int(1e6),
        rate: int(1e6),
        multipliers: random() < 0.5 ? {} : { batch: 5000, region: 11_000 },
        picoUsd: large()
      })),
      unpriced: Array.from({ length: int(2) }, text),
      price: maybe(() => ({
        provider: text(),
        model: text(),
        from: maybe(() => "2026-01-01"),
        source: [text(), text()],
        confidence: maybe(() => "vendor-page" as const)
      })),
      reportedUsd: maybe(random)
    }
  }

  const attempt = (): Attempt => ({
    provider: text(),
    model: text(),
    asked: text(),
    candidate: int(5),
    startedAt: startedAt + int(1e4),
    duration: random() * 1e5,
    firstToken: maybe(() => random() * 1e3),
    outcome: pick(["ok", "RateLimited", "defect", text()]),
    billed: pick(["yes", "no", "maybe"]),
    usage: maybe(usage),
    cost: maybe(cost),
    serviceTier: maybe(text),
    region: maybe(text),
    status: maybe(() => 400 + int(200)),
    why: maybe(text),
    requestId: maybe(text)
  })

  return {
    id: `wild-${seed}`,
    startedAt,
    operation: pick(["generate", "stream", "batch"]),
    modality: pick(["text", "image"]),
    asked: { provider: maybe(text), model: text() },
    provider: text(),
    model: text(),
    outcome: pick(["ok", "interrupted", "Timeout", text()]),
    timing: { total: random() * 1e5, firstToken: maybe(() => random() * 1e3), overhead: random() * 10 },
    cache: pick(["miss", "hit", "coalesced"]),
    cacheable: random() < 0.5,
    finishReason: maybe(() => pick(["stop", "length", "unknown"])),
    saved: maybe(() =>
      Saved.make({
        promptCache: int(2e9) - 1e9,
        responseCache: int(1e9),
        coalescing: int(1e9),
        routing: int(2e9) - 1e9,
        batch: int(1e9)
      })
    ),
    usage: maybe(usage),
    error: maybe(() => ({ status: maybe(() => 429), what: text(), why: text(), fix: text() })),
    requestId: maybe(text),
    tags: random() < 0.3 ? {} : { [text()]: text(), session: text() },
    route: maybe(text),
    tried: Array.from({ length: int(3) }, (_, candidate) => ({
      model: text(),
      candidate,
      outcome: text(),
      why: maybe(text),
      attempts: int(4),
      duration: random() * 1e4,
      picoUsd: int(1e12),
      warnings: Array.from({ length: int(2) }, text)
    })),
    warnings: Array.from({ length: int(2) }, text),
    attempts: Array.from({ length: int(4) }, attempt)
  }
}

/**
 * Calls of all kinds: those of {@link recordsOf}, and among them failovers, calls that share another's answer, that are
 * interrupted, that nobody can price. They end anywhere from `from` until `to`.
 */
export const variedOf = (seed: number, from: number, to: number, length: number): ReadonlyArray<Record> => {
  const random = randomOf(seed + 1000)
  const int = (below: number) => Math.floor(random() * below)
  const one = recordsOf(seed, 0)
  return Array.from({ length }, (_, n) => {
    const plain = one(n)
    const ended = from + int(to - from)
    const startedAt = Math.ceil(ended - plain.timing.total)
    const route = n % 5 === 0 ? "cheap" : undefined
    const record = {
      ...plain,
      startedAt,
      route,
      attempts: plain.attempts.map((it) => Object.assign(it, { startedAt }))
    }
    const luck = random()
    const [first] = record.attempts
    if (luck < 0.06 && first !== undefined) {
      const left: Attempt = {
        ...first,
        provider: "mistral",
        model: "mistral-small",
        asked: "mistral-small",
        outcome: "Overloaded",
        status: 529,
        why: "overloaded",
        billed: "no",
        usage: undefined,
        cost: undefined,
        candidate: 0
      }
      return { ...record, attempts: [left, ...record.attempts.map((it) => ({ ...it, candidate: 1 }))] }
    }
    if (luck < 0.1 && record.outcome === "ok") {
      return { ...record, cache: "coalesced", attempts: [], saved: Saved.make({ coalescing: int(1e9) }) }
    }
    if (luck < 0.12) return { ...record, outcome: "interrupted", saved: undefined, usage: undefined }
    if (luck < 0.14) return { ...record, saved: undefined }
    if (luck < 0.2 && record.saved !== undefined) {
      const { promptCache } = record.saved
      return { ...record, saved: Saved.make({ promptCache, routing: int(1e9) - 4e8, batch: int(1e8) }) }
    }
    return record
  })
}
