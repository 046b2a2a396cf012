/**
 * Random conversations, and what they cost: by Loom's ledger, and by the sandbox's bill.
 */
import { type Duration, Effect, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type Attempt, type GenerateError, type GenerateOptions, Generation, Loom } from "loom-router"
import { type Box } from "./world.ts"

/** A seeded source of choices. */
export interface Dice {
  readonly below: (n: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(...choices: readonly [A, ...ReadonlyArray<A>]) => A
}

export const dice = (seed: number): Dice => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (...choices) => choices[below(choices.length)] ?? choices[0]
  }
}

/** A model, and what may be asked of it. */
export interface Voice {
  readonly model: string
  readonly reasons: boolean
  readonly tiers: ReadonlyArray<string>
  /** Charges for what it writes to its cache, and takes options for it. */
  readonly writes?: boolean | undefined
  /** Can't be made to call a tool. */
  readonly unforced?: boolean | undefined
  /** Calls no tools. */
  readonly toolless?: boolean | undefined
  /** Is asked with a temperature. */
  readonly samples?: boolean | undefined
  /** The files that it takes: images and PDF. */
  readonly files?: "images" | "none" | undefined
}

/** How a conversation is led, from its first turn to its last. */
export interface Style {
  readonly options?: Turn["options"] | undefined
  /** The vendor's own web search, where it can be asked for. */
  readonly search?: Tool.Any | undefined
  /** Ends a part of the prompt that is to be cached. */
  readonly marks?: Readonly<Record<"system" | "user", Prompt.ProviderOptions>> | undefined
  /** How long the clock runs between some turns: 2 hours. */
  readonly pause?: Duration.Input | undefined
}

const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String, days: Schema.Int }) })
const clock = Tool.make("read_clock", { parameters: Schema.Struct({ zone: Schema.String }) })

const Order = Schema.Struct({
  customer: Schema.String,
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, count: Schema.Int })),
  note: Schema.optionalKey(Schema.String)
})

const bytes = (kilobytes: number, ...magic: ReadonlyArray<number>) => {
  const bytes = new Uint8Array(kilobytes * 1024)
  bytes.set(magic)
  return bytes
}
const png = (kilobytes: number) => ({ mediaType: "image/png", data: bytes(kilobytes, 0x89, 0x50, 0x4e, 0x47) })
const pdf = (kilobytes: number) => ({ mediaType: "application/pdf", data: bytes(kilobytes, 0x25, 0x50, 0x44, 0x46) })

/** Beginnings that many conversations share, above and below what a prompt cache takes. */
const prefixes = [900, 1100, 1500, 2300, 4100].map((count, index) => {
  const letter = "abcde"[index] ?? "z"
  return letter + ` ${letter}`.repeat(count - 1)
})

interface Turn {
  readonly options: Omit<GenerateOptions.GenerateOptions, "model" | "provider" | "prompt">
  readonly prompt: string
  readonly file: { readonly mediaType: string; readonly data: Uint8Array } | undefined
  readonly stream: boolean
  readonly forced: boolean
}

const fileOf = (roll: Dice, { files }: Voice) => {
  const file = roll.chance(0.7) || files === "images" ? png(1 + roll.below(150)) : pdf(1 + roll.below(150))
  return files === "none" ? undefined : file
}

const turnOf = (roll: Dice, voice: Voice, { search }: Style, hasTools: boolean): Turn => {
  const prompt = roll.pick(
    `What is a ${roll.pick("loom", "warp", "weft")}?`,
    `[words: ${1 + roll.below(120)}]`,
    "Give me five bullets about wool.",
    "[say: Über 織機 🧶]",
    "[refuse]",
    "[filter] [words: 30]",
    ...hasTools ? ["lookup_weather please", "lookup_weather and read_clock"] : [],
    ...search === undefined ? [] : ["search the latest news about linen", "search the latest [pause]"]
  )
  const searches = prompt.startsWith("search") && search !== undefined
  const tools = [...hasTools ? [weather, clock] : [], ...searches ? [search] : []]
  return {
    prompt,
    file: roll.chance(0.15) ? fileOf(roll, voice) : undefined,
    stream: roll.chance(0.5),
    forced: hasTools && voice.unforced !== true && roll.chance(0.2),
    options: {
      ...tools.length === 0 ? {} : { tools },
      ...roll.chance(0.2) ? { maxOutputTokens: 8 + roll.below(60) } : {},
      ...voice.reasons && roll.chance(0.6) ? { reasoning: roll.pick("low", "medium", "high") } : {},
      ...voice.samples === true && roll.chance(0.2) ? { temperature: 0.5 } : {}
    }
  }
}

/** Makes one conversation of one to three turns, and gives the attempts it took. */
export const converse = Effect.fnUntraced(
  function*(
    roll: Dice,
    provider: string,
    voice: Voice,
    style: Style,
    sandbox: Box
  ): Effect.fn.Return<ReadonlyArray<Attempt.Attempt>, GenerateError.GenerateError> {
    const attempts: Array<Attempt.Attempt> = []
    const hasTools = roll.chance(0.3) && voice.toolless !== true
    const asked = {
      ...style.options,
      ...roll.chance(0.4) && voice.tiers.length > 0
        ? { serviceTier: voice.tiers[roll.below(voice.tiers.length)] ?? "default" }
        : {},
      provider,
      model: voice.model
    } as const
    const beginning: Prompt.RawInput = roll.chance(0.6)
      ? [{
        role: "system",
        content: roll.pick(prefixes[0] ?? "", ...prefixes),
        options: style.marks?.system ?? {}
      }]
      : []

    if (roll.chance(0.1)) {
      const { attempts } = yield* Loom.generateObject({
        ...asked,
        prompt: [...beginning, { role: "user", content: "Make an order of linen" }],
        schema: Order
      })
      return attempts
    }

    let history = Prompt.make(beginning)
    const say = (turn: Turn, toolChoice?: "required") => {
      const options = { ...asked, ...turn.options, toolChoice, prompt: history }
      const answered = turn.stream
        ? Effect.map(Stream.runCollect(Loom.stream(options)), (parts) => Generation.fromParts(parts))
        : Loom.generate(options)
      return Effect.map(answered, (answer) => {
        attempts.push(...answer?.attempts ?? [])
        if (answer !== undefined) history = Prompt.concat(history, Prompt.fromResponseParts(answer.content))
        return answer
      })
    }
    for (let turns = 1 + roll.below(3); turns > 0; turns--) {
      const turn = turnOf(roll, voice, style, hasTools)
      if (roll.chance(0.05)) yield* sandbox.advance(style.pause ?? "2 hours")
      // A fault of its own: one call never meets those of its neighbours as well.
      const mark = roll.chance(0.05) ? ` (${roll.below(1e9)})` : ""
      if (mark !== "") yield* sandbox.script({ prompt: mark, respond: { status: roll.pick(429, 500, 503) } })
      history = Prompt.concat(
        history,
        Prompt.make([{
          role: "user",
          content: [
            ...turn.file === undefined ? [] : [{ type: "file", ...turn.file } as const],
            { type: "text", text: turn.prompt + mark, options: style.marks?.user ?? {} }
          ]
        }])
      )
      let answer = yield* say(turn, turn.forced ? "required" : undefined)
      if (answer?.finishReason === "pause") answer = yield* say(turn)
      const calls = answer?.content.flatMap((part) => part.type === "tool-call" && !part.providerExecuted ? [part] : [])
      // What was cut off in the middle of a call isn't answered.
      if (calls === undefined || answer?.finishReason === "length") return attempts
      if (calls.length === 0) continue
      history = Prompt.concat(
        history,
        Prompt.make([{
          role: "tool",
          content: calls.map(({ id, name }) =>
            ({ type: "tool-result", id, name, isFailure: false, result: { name, degrees: roll.below(30) } }) as const
          )
        }])
      )
      yield* say(turn)
    }
    return attempts
  }
)

/** Where Loom's ledger and the sandbox's bill differ, each with what either says. */
export const differences = (
  attempts: ReadonlyArray<Attempt.Attempt>,
  sandbox: Box
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(sandbox.bill, (bill) => {
    const charged = new Map(bill.map((entry) => [entry.requestId, entry]))
    const found: Array<string> = []
    for (const { billed, cost, model, requestId } of attempts) {
      const entry = charged.get(requestId ?? "")
      charged.delete(requestId ?? "")
      if (billed === "no" && entry === undefined) continue
      if (cost?.status === "measured" && entry !== undefined && BigInt(cost.picoUsd ?? -1) === entry.amount) continue
      const ours = cost === undefined ? "nothing" : `${cost.picoUsd} (${cost.status}; ${cost.unpriced.join()})`
      const theirs = entry === undefined ? "nothing" : `${entry.amount} (${entry.serviceTier})`
      found.push(`${requestId} of ${model}: we say ${ours}, the sandbox says ${theirs}`)
    }
    for (const entry of charged.values()) found.push(`${entry.requestId} of ${entry.model}: nobody counted it`)
    return found
  })
