/**
 * `loom models`: what the catalog knows.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

const id = Argument.String("id").pipe(Argument.withDescription("A model: openai/gpt-4o-mini"))

const selection = {
  provider: Flag.String("provider").pipe(Flag.withDescription("Only this vendor's"), Flag.optional),
  modality: Flag.Literals("modality", ["text", "image", "embedding"]).pipe(
    Flag.withDescription("Only those that make this"),
    Flag.optional
  ),
  capabilities: Flag.Literals("capability", [
    "tools",
    "vision",
    "pdf",
    "reasoning",
    "structuredOutput",
    "promptCaching",
    "batch",
    "edit"
  ]).pipe(
    Flag.atLeast(0),
    Flag.withDescription("Only those known to be capable of it; may be given several times")
  ),
  maxInputPrice: Flag.Finite("max-input-price").pipe(
    Flag.withMetavar("usd"),
    Flag.withDescription("Only those whose input costs at most so many dollars per million tokens"),
    Flag.optional
  ),
  sort: Flag.Literals("sort", ["price", "context", "name"]).pipe(
    Flag.withDescription("Cheapest input, longest context or name first; else as the catalog lists them"),
    Flag.optional
  )
}

const list = Effect.fnUntraced(function*(asked: Command.Command.Config.Infer<typeof selection>) {
  const quiet = yield* Flags.Quiet
  const { show } = yield* Effect.promise(() => import("./ModelList.ts"))
  return yield* show({
    provider: Option.getOrUndefined(asked.provider),
    modality: Option.getOrUndefined(asked.modality),
    capabilities: asked.capabilities,
    maxInputPrice: Option.getOrUndefined(asked.maxInputPrice),
    sort: Option.getOrUndefined(asked.sort),
    quiet
  })
})

const listDescription = "List models with their prices per million tokens."

const listing = Command.make("list", selection, list).pipe(
  Command.withDescription(listDescription),
  Command.withExamples([{ command: "loom models list --modality image --sort price" }])
)

const show = Command.make(
  "show",
  { id },
  Effect.fnUntraced(function*({ id }) {
    const { show } = yield* Effect.promise(() => import("./ModelSheet.ts"))
    return yield* show(id)
  })
).pipe(
  Command.withDescription("Show all that is known of one model: prices, limits, life, and where that was read."),
  Command.withShortDescription("Show all that is known of one model"),
  Command.withExamples([{ command: "loom models show openai/gpt-4o-mini" }])
)

const tokens = (name: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("tokens"),
    Flag.filterMap(tokensOf, (text) => `expected a number of tokens such as 1200, 10k or 1.5M, not ${text}`)
  )

const cost = Command.make(
  "cost",
  {
    id,
    input: tokens("in").pipe(Flag.withDescription("Input, cached or not: 10k")),
    output: tokens("out").pipe(Flag.withDescription("Output, reasoning included: 2k"), Flag.withDefault(0)),
    cached: tokens("cached").pipe(
      Flag.withDescription("How much of the input comes from the vendor's prompt cache"),
      Flag.withDefault(0)
    ),
    batch: Flag.Boolean("batch").pipe(
      Flag.withoutNegation,
      Flag.withDescription("At the price of a batch"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { show } = yield* Effect.promise(() => import("./ModelCost.ts"))
    return yield* show({ ...asked, quiet })
  })
).pipe(
  Command.withDescription("Reckon what a call would cost, today and at list price."),
  Command.withShortDescription("Reckon what a call would cost"),
  Command.withExamples([{ command: "loom models cost openai/gpt-4o-mini --in 10k --out 2k --cached 8k" }])
)

const compare = Command.make(
  "compare",
  {
    ids: Argument.String("id").pipe(Argument.withDescription("Models to set side by side"), Argument.atLeast(2))
  },
  Effect.fnUntraced(function*({ ids }) {
    const { show } = yield* Effect.promise(() => import("./ModelComparison.ts"))
    return yield* show(ids)
  })
).pipe(
  Command.withDescription("Set models side by side."),
  Command.withExamples([{ command: "loom models compare openai/gpt-4o-mini anthropic/claude-haiku-4-5" }])
)

const check = Command.make(
  "check",
  {
    provider: selection.provider,
    live: Flag.Boolean("live").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Ask the vendors whose keys are set which models they still list"),
      Flag.withDefault(false)
    ),
    staleAfter: Flag.Int("stale-after").pipe(
      Flag.withMetavar("days"),
      Flag.withDescription("How old a look at a vendor's prices may be"),
      Flag.withDefault(60)
    )
  },
  Effect.fnUntraced(function*({ live, provider, staleAfter }) {
    const quiet = yield* Flags.Quiet
    const { show } = yield* Effect.promise(() => import("./ModelCheck.ts"))
    return yield* show({ live, staleAfter, quiet, provider: Option.getOrUndefined(provider) })
  })
).pipe(
  Command.withDescription(
    "Warn of what is about to change: old prices, prices with a date, models that retire within 30 days, deprecated ones."
  ),
  Command.withShortDescription("Warn of prices and models that are about to change"),
  Command.withExamples([
    { command: "loom models check --provider openai" },
    { command: "loom models check --live --json", description: "With what the vendors list now, for programs" }
  ])
)

export const models = Command.make("models", selection, list).pipe(
  Command.withSubcommands([listing, show, cost, compare, check]),
  Command.withDescription(listDescription),
  Command.withShortDescription("List, show, price, compare and check models"),
  Command.withExamples([
    { command: "loom models --provider openai --sort price" },
    { command: "loom models --capability vision --max-input-price 1 -q", description: "Ids alone, for scripts" }
  ])
)

function tokensOf(text: string): Option.Option<number> {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([kmb]?)$/i.exec(text.trim().replaceAll(/[,_]/g, "")) ?? []
  const count = Number(number) * 1_000 ** ["", "k", "m", "b"].indexOf(unit.toLowerCase())
  const whole = Math.round(count)
  return number !== "" && Number.isSafeInteger(whole) ? Option.some(whole) : Option.none()
}
