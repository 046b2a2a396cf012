/**
 * What a log holds, row by row, to be added up by tests: with no word of the code that does so for the page.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Page } from "playwright-core"

export interface Call {
  readonly seq: number
  readonly id: string
  readonly ended_at: number
  readonly total_ms: number
  readonly provider: string
  readonly model: string
  readonly outcome: string
  readonly cache: string
  readonly cacheable: number
  readonly retries: number
  readonly failovers: number
  readonly attempts: number
  readonly priced: number
  readonly tags: string
  readonly [saving: `saved_${string}`]: number | null
}

export interface Attempt {
  readonly ended_at: number
  readonly call_seq: number
  readonly provider: string
  readonly outcome: string
  readonly cost_pico: number | null
  readonly [counter: string]: unknown
}

/** The rows as they are, to be added up here. */
export const rowsOf = (db: DatabaseSync) => ({
  calls: db.prepare("SELECT * FROM calls ORDER BY ended_at DESC, seq DESC").all() as unknown as ReadonlyArray<Call>,
  attempts: db.prepare(
    "SELECT attempts.*, calls.priced AS of_priced FROM attempts JOIN calls ON calls.seq = attempts.call_seq"
  ).all() as unknown as ReadonlyArray<Attempt>
})

export const money = (pico: bigint) => ({ picoUsd: String(pico), usd: Number(pico) / 1e12 })
export const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => unknown) =>
  all.reduce((sum, one) => sum + BigInt(Number(of(one) ?? 0)), 0n)
export const p95 = (values: ReadonlyArray<number>) =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * 0.95) - 1)] ?? null

export const mechanisms = ["response_cache", "coalescing", "prompt_cache", "routing", "batch"] as const

export const counters = [
  "input_uncached",
  "cache_read",
  "cache_write",
  "output_text",
  "output_reasoning",
  "audio_input",
  "audio_output",
  "image_input",
  "image_cache_read",
  "image_output"
]

export const signed = (change: number, size: string) =>
  change === 0 ? `= ${size}` : change > 0 ? `▲ +${size}` : `▼ −${size}`

export const kpi = async (page: Page, name: string) => {
  const tile = page.getByTestId(`kpi-${name}`)
  const text = async (id: string) =>
    await tile.getByTestId(id).count() === 0 ? null : (await tile.getByTestId(id).innerText()).replace(/\s+/g, " ")
  return { value: await text("value"), delta: await text("delta"), note: await text("note") }
}

export const prev = (delta: string | null) => delta === null ? null : `${delta} vs prev range`
