/**
 * What the sandbox's model says: plausible, derived from the prompt, the same for the same seed and request.
 *
 * A prompt can steer it:
 * - `[say: …]` is answered verbatim, `[words: n]` with about n words;
 * - `[refuse]` or `[refuse: why]` is refused, `[filter]` stops at the content filter;
 * - `[pause]` stops after a search, where the vendor knows of such pauses;
 * - "five bullets" or "3 bullet points" makes a list, "one line" or "one sentence" makes a single sentence;
 * - the name of an offered tool makes a call of it; "search" or "latest" uses an offered web search.
 */
import * as JsonValues from "./JsonValues.ts"
import type { Dice } from "./Seed.ts"
import * as Tokens from "./Tokens.ts"

export interface Tool {
  readonly name: string
  readonly parameters: unknown
  /** Free text instead of JSON arguments. */
  readonly custom: boolean
}

export type ToolChoice = "none" | "auto" | "required" | { readonly name: string }

export type Effort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max"

/** A web search that the vendor offers to run. */
export interface Search {
  readonly domain: string
  /** How the text cites: by a link of its own, or by the sentence that rests on the source. */
  readonly cite: "link" | "claim"
  readonly forced?: boolean | undefined
  readonly pauses?: boolean | undefined
}

/** A vendor's request in the sandbox's own words. */
export interface Ask {
  /** The text of the last turn of the user. */
  readonly prompt: string
  readonly tools: ReadonlyArray<Tool>
  readonly toolChoice: ToolChoice
  readonly parallelTools: boolean
  /** What tools answered since the user's last turn. */
  readonly toolResults: ReadonlyArray<{ readonly name: string; readonly output: string }>
  /** `undefined` for free text; `{}` for any JSON object. */
  readonly schema: unknown
  readonly search: Search | undefined
  readonly stop: ReadonlyArray<string>
  readonly maxTokens: number | undefined
  /** Undefined for a model that doesn't reason. */
  readonly effort: Effort | undefined
}

export interface Citation {
  readonly url: string
  readonly title: string
  readonly start: number
  readonly end: number
}

export interface Call {
  readonly name: string
  readonly arguments: string
  readonly custom: boolean
}

export interface Answer {
  readonly reasoningTokens: number
  readonly reasoningSummary: string
  readonly search: { readonly query: string; readonly url: string; readonly title: string } | undefined
  readonly text: string | undefined
  readonly citations: ReadonlyArray<Citation>
  readonly refusal: string | undefined
  readonly calls: ReadonlyArray<Call>
  readonly finish: "stop" | "length" | "filter" | "calls" | "pause"
  /** The stop sequence that was met. */
  readonly stoppedBy: string | undefined
}

/** What a call costs in output tokens beyond its arguments. */
export const callTokens = (call: Call): number => 8 + Tokens.count(call.name)

/** Everything the model produced, reasoning included. */
export const outputTokens = (answer: Answer): number =>
  answer.reasoningTokens
  + Tokens.count(answer.text ?? "")
  + Tokens.count(answer.refusal ?? "")
  + answer.calls.reduce((sum, call) => sum + callTokens(call) + Tokens.count(call.arguments), 0)

const effortTokens: Record<Effort, readonly [low: number, high: number]> = {
  none: [0, 0],
  minimal: [4, 8],
  low: [12, 24],
  medium: [40, 72],
  high: [120, 200],
  xhigh: [260, 400],
  max: [520, 800]
}

export const answer = (ask: Ask, dice: Dice): Answer => {
  const [low, high] = effortTokens[ask.effort ?? "none"]
  const budget = ask.maxTokens ?? Number.POSITIVE_INFINITY
  const thought = dice.between(low, high)
  const words = topicWords(ask.prompt)
  const base = {
    reasoningTokens: Math.min(thought, budget),
    reasoningSummary: `**Reading the request** It is about ${phrase(words, 0)}.`,
    search: undefined,
    text: undefined,
    citations: [],
    refusal: undefined,
    calls: [],
    stoppedBy: undefined
  }
  if (thought >= budget) return { ...base, finish: "length" }
  return fit({ ...base, ...content(ask, words, dice) }, ask, budget - thought)
}

const content = (ask: Ask, words: ReadonlyArray<string>, dice: Dice): Partial<Answer> & Pick<Answer, "finish"> => {
  if (/\[refuse(:[^\]]*)?\]/.test(ask.prompt)) {
    return { refusal: "I'm sorry, but I can't help with that.", finish: "stop" }
  }
  const calls = callsFor(ask, words, dice)
  if (calls.length > 0) return { calls, finish: "calls" }
  const spoken = textFor(ask, words, dice)
  if (ask.prompt.includes("[filter]")) {
    const tokens = Tokens.split(spoken)
    return { text: tokens.slice(0, Math.ceil(tokens.length / 2)).join(""), finish: "filter" }
  }
  if (ask.search === undefined || !(ask.search.forced === true || /\b(search|latest)\b/i.test(ask.prompt))) {
    return { text: spoken, finish: "stop" }
  }
  const url = `https://${ask.search.domain}/${words.slice(0, 3).join("-").toLowerCase()}`
  const title = `${capitalised(phrase(words, 0))}, an overview`
  const search = { query: words.slice(0, 6).join(" "), url, title }
  if (ask.search.pauses === true && ask.prompt.includes("[pause]")) return { search, finish: "pause" }
  if (ask.schema !== undefined) return { text: spoken, finish: "stop", search }
  if (ask.search.cite === "claim") {
    const start = spoken.lastIndexOf(". ", spoken.length - 2) + 1
    return { text: spoken, finish: "stop", search, citations: [{ url, title, start, end: spoken.length }] }
  }
  const link = `[${title}](${url})`
  const text = `${spoken} (${link})`
  const start = text.length - link.length - 1
  return { text, finish: "stop", search, citations: [{ url, title, start, end: start + link.length }] }
}

const fit = (whole: Answer, ask: Ask, budget: number): Answer => {
  const stopped = stopAt(whole, ask.stop)
  let left = budget
  let cut = false
  const within = (text: string): string => {
    const tokens = Tokens.split(text)
    cut ||= tokens.length > left
    const kept = tokens.slice(0, left)
    left -= kept.length
    return kept.length === tokens.length ? text : kept.join("")
  }
  const text = stopped.text === undefined ? undefined : within(stopped.text)
  const refusal = stopped.refusal === undefined ? undefined : within(stopped.refusal)
  const calls: Array<Call> = []
  for (const call of stopped.calls) {
    const overhead = callTokens(call)
    if (cut || overhead > left) {
      cut = true
      break
    }
    left -= overhead
    calls.push({ ...call, arguments: within(call.arguments) })
  }
  if (!cut) return stopped
  const citations = stopped.citations.filter(({ end }) => end <= (text?.length ?? 0))
  return { ...stopped, text, refusal, calls, citations, finish: "length", stoppedBy: undefined }
}

const stopAt = (whole: Answer, stop: ReadonlyArray<string>): Answer => {
  const { text } = whole
  if (text === undefined) return whole
  const places = stop
    .map((mark) => ({ mark, place: mark === "" ? -1 : text.indexOf(mark) }))
    .filter(({ place }) => place >= 0)
    .toSorted((a, b) => a.place - b.place)
  const [first] = places
  if (first === undefined) return whole
  const kept = text.slice(0, first.place)
  const citations = whole.citations.filter(({ end }) => end <= kept.length)
  return { ...whole, text: kept, finish: "stop", citations, stoppedBy: first.mark }
}

const callsFor = (ask: Ask, words: ReadonlyArray<string>, dice: Dice): ReadonlyArray<Call> => {
  const { toolChoice, tools } = ask
  if (toolChoice === "none" || tools.length === 0) return []
  const make = ({ custom, name, parameters }: Tool): Call => ({
    name,
    custom,
    arguments: custom ? phrase(words, 0) : JSON.stringify(JsonValues.fromSchema(parameters, dice, words))
  })
  if (typeof toolChoice === "object") return tools.filter(({ name }) => name === toolChoice.name).slice(0, 1).map(make)
  if (toolChoice === "auto" && ask.toolResults.length > 0) return []
  const mentioned = tools.filter(({ name }) => mentions(ask.prompt, name))
  const chosen = mentioned.length === 0 && toolChoice === "required" ? tools.slice(0, 1) : mentioned
  return (ask.parallelTools ? chosen : chosen.slice(0, 1)).map(make)
}

const mentions = (prompt: string, name: string): boolean => {
  const text = prompt.toLowerCase()
  return text.includes(name.toLowerCase()) || text.includes(name.toLowerCase().replaceAll("_", " "))
}

const textFor = (ask: Ask, words: ReadonlyArray<string>, dice: Dice): string => {
  if (ask.schema !== undefined) return JSON.stringify(JsonValues.fromSchema(objectSchema(ask.schema), dice, words))
  const said = /\[say:\s?([\s\S]*?)\]/.exec(ask.prompt)?.[1]
  if (said !== undefined) return said
  if (ask.toolResults.length > 0) {
    return ask.toolResults.map(({ name, output }) => `According to ${name}: ${output.slice(0, 400)}`).join("\n")
  }
  const long = /\[words:\s?(\d{1,6})\]/.exec(ask.prompt)?.[1]
  if (long !== undefined) return manyWords(Number(long), words, dice)
  const bullets = bulletCount(ask.prompt)
  if (bullets > 0) return Array.from({ length: bullets }, () => `- ${sentence(words, dice)}`).join("\n")
  const opening = `This is about ${phrase(words, 0)}.`
  if (/\bone[ -](line|sentence)\b/i.test(ask.prompt)) return opening
  return [opening, ...Array.from({ length: dice.between(1, 3) }, () => sentence(words, dice))].join(" ")
}

const objectSchema = (schema: unknown): unknown =>
  typeof schema === "object" && schema !== null && Object.keys(schema).length > 0
    ? schema
    : { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] }

const numerals = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

const bulletCount = (prompt: string): number => {
  const found = /\b(\d{1,2}|[a-z]+) (?:short |brief )?bullet/i.exec(prompt)?.[1]?.toLowerCase()
  if (found === undefined) return 0
  const count = /^\d+$/.test(found) ? Number(found) : numerals.indexOf(found)
  return count > 0 ? count : 3
}

const manyWords = (count: number, words: ReadonlyArray<string>, dice: Dice): string => {
  const text: Array<string> = []
  while (text.length < count) text.push(...sentence(words, dice).split(" "))
  return text.slice(0, count).join(" ")
}

const common = new Set(
  ("about above after again also because been before being between could does doing down each from further have having "
    + "here into itself just like make more most need only other over please same should some such tell than that their "
    + "them then there these they this those through under until very want were what when where which while will with "
    + "would write your search latest bullet bullets summarise summarize explain describe answer").split(" ")
)

const topicWords = (prompt: string): ReadonlyArray<string> => {
  const plain = prompt.slice(0, 20_000).replace(/\[[a-z]+(:[^\]]*)?\]/g, " ")
  const found = plain.match(/[\p{L}\p{M}][\p{L}\p{M}\p{N}'-]*/gu) ?? []
  const chosen = new Set(found.filter((word) => word.length > 3 && !common.has(word.toLowerCase())))
  return chosen.size > 0 ? [...chosen].slice(0, 24) : found.length > 0 ? found.slice(0, 4) : ["the request"]
}

const phrase = (words: ReadonlyArray<string>, start: number): string =>
  Array.from({ length: Math.min(3, words.length) }, (_, i) => words[(start + i) % words.length]).join(" ")

const capitalised = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)

const sentence = (words: ReadonlyArray<string>, dice: Dice): string => {
  const a = words[dice.between(0, words.length - 1)] ?? ""
  const b = words[dice.between(0, words.length - 1)] ?? ""
  return dice.pick(
    `In practice, ${a} depends on how ${b} is set up.`,
    `The main point about ${a} is its relation to ${b}.`,
    `${capitalised(a)} and ${b} are best considered together.`,
    `A good start is to look at ${a} first and then check ${b}.`,
    `Most people notice ${b} only once ${a} is in place.`
  )
}
