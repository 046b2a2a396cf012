/**
 * Anthropic's models, what they take and what they charge, written by hand (2026-11-23), apart from Loom's catalog on
 * purpose.
 */
import type { Effort } from "../Answers.ts"
import type { Multiplier, RateCard, Rates } from "../Bill.ts"

export type Thinking = "adaptive" | "enabled" | "disabled" | "between_tools"

export interface Model {
  readonly id: string
  /** The dated id that answers name. */
  readonly snapshot: string
  readonly name: string
  /** `YYYY-MM-DD`; undefined when it isn't known. */
  readonly released: string | undefined
  readonly lifecycle: "active" | "deprecated"
  readonly retires: string | undefined
  readonly maxInput: number
  readonly maxOutput: number
  /** Which kinds of thinking it takes. */
  readonly thinking: ReadonlyArray<Thinking>
  /** Thinks when the request says nothing about it. */
  readonly thinksByDefault: boolean
  /** Undefined for a model that has no levels of effort. */
  readonly effort: Effort | undefined
  /** Gives its thoughts back without text unless asked for it. */
  readonly omitsThoughts: boolean
  /** Takes back only its own thoughts. */
  readonly bindsThoughts: boolean
  readonly sampling: boolean
  readonly prefill: boolean
  readonly forcedTools: boolean
  readonly systemTurns: boolean
  readonly fast: boolean
  /** Runs where `inference_geo` says. */
  readonly geo: boolean
  /** The shortest prefix that is cached. */
  readonly minimumPrefix: number
  readonly card: RateCard
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens. */
const rates = (input: number, cachedRead: number, write5m: number, write1h: number, output: number): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: { "5m": usd(write5m), "1h": usd(write1h) },
  output: usd(output)
})

/** What is asked of a model before a prompt is read. */
export type Traits = Pick<Model, "id" | "maxInput" | "bindsThoughts" | "systemTurns" | "prefill">

type Generation = Omit<Model, "id" | "snapshot" | "name" | "released" | "lifecycle" | "retires" | "card">

const first: Generation = {
  maxInput: 200_000,
  maxOutput: 64_000,
  thinking: ["enabled", "disabled"],
  thinksByDefault: false,
  effort: undefined,
  omitsThoughts: false,
  bindsThoughts: false,
  sampling: true,
  prefill: true,
  forcedTools: true,
  systemTurns: false,
  fast: false,
  geo: false,
  minimumPrefix: 4096
}

/** Opus and Sonnet 4.6. */
const second: Generation = {
  ...first,
  maxInput: 1_000_000,
  maxOutput: 128_000,
  thinking: ["adaptive", "enabled", "disabled"],
  effort: "high",
  prefill: false,
  geo: true
}

/** Opus 4.7 and 4.8. */
const third: Generation = {
  ...second,
  thinking: ["adaptive", "disabled"],
  omitsThoughts: true,
  sampling: false,
  minimumPrefix: 1024
}

/** Opus 5 and Sonnet 5. */
const fourth: Generation = { ...third, thinksByDefault: true, minimumPrefix: 512 }

/** Those that think always: Fable, Opus 5.5. */
const fifth: Generation = {
  ...fourth,
  thinking: ["adaptive"],
  bindsThoughts: true,
  forcedTools: false,
  systemTurns: true
}

interface Row extends Partial<Omit<Model, "card">> {
  readonly id: string
  readonly name: string
  readonly released: string | undefined
  readonly card: RateCard
}

const row = (generation: Generation, own: Row): readonly [string, Model] => [own.id, {
  snapshot: own.id,
  lifecycle: "active",
  retires: undefined,
  ...generation,
  ...own
}]

export const models: ReadonlyMap<string, Model> = new Map([
  row(fifth, {
    id: "claude-fable-5-2",
    name: "Claude Fable 5.2",
    released: undefined,
    fast: true,
    card: rates(8, 0.2, 10, 16, 40)
  }),
  row(fifth, {
    id: "claude-haiku-5-5",
    name: "Claude Haiku 5.5",
    released: "2026-10-07",
    thinking: ["adaptive", "disabled"],
    effort: "medium",
    forcedTools: true,
    card: {
      ...rates(0.1, 0.01, 0.125, 0.2, 0.5),
      above: { tokens: 100_000, rates: rates(0.5, 0.05, 0.625, 1, 2.5) }
    }
  }),
  row(fifth, {
    id: "claude-sonnet-5-5",
    name: "Claude Sonnet 5.5",
    released: "2026-09-28",
    thinking: ["adaptive", "between_tools"],
    card: rates(2, 0.1, 2.5, 4, 10)
  }),
  row(fifth, {
    id: "claude-opus-5-5",
    name: "Claude Opus 5.5",
    released: "2026-09-22",
    effort: "medium",
    fast: true,
    card: rates(4, 0.2, 5, 8, 20)
  }),
  row(fifth, {
    id: "claude-fable-5-1",
    name: "Claude Fable 5.1",
    released: "2026-09-01",
    card: rates(10, 0.25, 12.5, 20, 50)
  }),
  row(fourth, {
    id: "claude-opus-5",
    name: "Claude Opus 5",
    released: "2026-07-24",
    systemTurns: true,
    fast: true,
    card: rates(5, 0.5, 6.25, 10, 25)
  }),
  row(fourth, {
    id: "claude-sonnet-5",
    name: "Claude Sonnet 5",
    released: "2026-06-29",
    minimumPrefix: 1024,
    card: rates(2, 0.2, 2.5, 4, 10)
  }),
  row(fifth, {
    id: "claude-fable-5",
    name: "Claude Fable 5",
    released: "2026-06-07",
    bindsThoughts: false,
    forcedTools: true,
    card: rates(10, 1, 12.5, 20, 50)
  }),
  row(third, {
    id: "claude-opus-4-8",
    name: "Claude Opus 4.8",
    released: "2026-05-28",
    systemTurns: true,
    fast: true,
    card: rates(5, 0.5, 6.25, 10, 25)
  }),
  row(third, {
    id: "claude-opus-4-7",
    name: "Claude Opus 4.7",
    released: "2026-04-14",
    minimumPrefix: 2048,
    card: rates(5, 0.5, 6.25, 10, 25)
  }),
  row(second, {
    id: "claude-sonnet-4-6",
    name: "Claude Sonnet 4.6",
    released: "2026-02-17",
    minimumPrefix: 1024,
    card: rates(3, 0.3, 3.75, 6, 15)
  }),
  row(second, {
    id: "claude-opus-4-6",
    name: "Claude Opus 4.6",
    released: "2026-02-04",
    card: rates(5, 0.5, 6.25, 10, 25)
  }),
  row(first, {
    id: "claude-opus-4-5",
    snapshot: "claude-opus-4-5-20251101",
    name: "Claude Opus 4.5",
    released: "2025-11-24",
    effort: "high",
    card: rates(5, 0.5, 6.25, 10, 25)
  }),
  row(first, {
    id: "claude-haiku-4-5",
    snapshot: "claude-haiku-4-5-20251001",
    name: "Claude Haiku 4.5",
    released: "2025-10-15",
    card: rates(1, 0.1, 1.25, 2, 5)
  }),
  row(first, {
    id: "claude-sonnet-4-5",
    snapshot: "claude-sonnet-4-5-20250929",
    name: "Claude Sonnet 4.5",
    released: "2025-09-29",
    lifecycle: "deprecated",
    retires: "2026-11-30",
    minimumPrefix: 1024,
    card: rates(3, 0.3, 3.75, 6, 15)
  })
])

/** Finds a model by its id or its dated id. */
export const find = (id: string): Model | undefined =>
  models.get(id) ?? [...models.values()].find(({ snapshot }) => snapshot === id)

/** 10 USD per 1000 searches. */
export const webSearchRate = 10_000_000_000n

export interface Service {
  readonly tier: string
  readonly speed: "standard" | "fast"
  readonly geo: string
}

/** The factor on all token rates: fast doubles, the United States cost a tenth more, a batch costs half. */
export const multiplier = ({ geo, speed, tier }: Service): Multiplier => ({
  times: (speed === "fast" ? 2n : 1n) * (geo === "us" ? 11n : 10n),
  per: tier === "batch" ? 20n : 10n
})
