/**
 * One prompt, five vendors, one contact sheet, and the bill. On the sandbox, with keys that open nothing else:
 * `node --conditions=loom-source scratchpad/images.ts [sheet.html]`.
 */
import { Cause, ConfigProvider, Console, Effect, Layer } from "effect"
import { Images, Ledger, Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const prompt = "A loom with a half-woven cloth, in the light of a northern window"

/** Each in the words of its vendor; the shape is asked for in one way. */
const asks = [
  { model: "openai/gpt-image-2.6-flare", aspectRatio: "3:2", quality: "low" },
  { model: "gemini/gemini-3.1-flash-image", aspectRatio: "3:2" },
  { model: "bfl/flux-2-pro", aspectRatio: "3:2" },
  { model: "recraft/recraftv4_1", aspectRatio: "3:2" },
  { model: "replicate/black-forest-labs/flux-schnell", aspectRatio: "3:2" }
] as const

const file = process.argv[2] ?? join(tmpdir(), "loom-contact-sheet.html")
const usd = (amount: number | undefined) => amount === undefined ? "unknown" : `$${amount.toFixed(6)}`

interface Card {
  readonly title: string
  readonly facts: string
  readonly source: string
}

const card = ({ facts, source, title }: Card) =>
  `<figure><img src="${source}" alt="${title}"><figcaption><b>${title}</b><br>${facts}</figcaption></figure>`

const sheet = (cards: ReadonlyArray<Card>) =>
  `<!doctype html>
<meta charset="utf-8"><title>${prompt}</title>
<style>
  body { margin: 2rem; font: 15px/1.5 system-ui, sans-serif; color: #222; background: #faf9f7 }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.5rem }
  figure { margin: 0; background: #fff; border-radius: 8px; overflow: hidden; box-shadow: 0 1px 4px #0002 }
  img { display: block; width: 100% }
  figcaption { padding: .75rem 1rem; color: #555 }
</style>
<h1>${prompt}</h1>
<main>${cards.map(card).join("\n")}</main>
`

const draw = (ask: typeof asks[number]) =>
  Effect.gen(function*() {
    const { attempts, cost, images, model, provider } = yield* Loom.generate({ ...ask, prompt })
    const [image] = images
    if (image === undefined) return yield* Effect.die(new Error(`${provider} sent no picture`))
    const size = Images.dimensions(image)
    const facts = `${size?.width} × ${size?.height} ${image.mediaType}, ${attempts.length} attempt, ${usd(cost.usd)}`
    yield* Console.log(`  ${provider}/${model}: ${facts}`)
    return {
      title: `${provider}/${model}`,
      facts,
      source: `data:${image.mediaType};base64,${Buffer.from(image.data).toString("base64")}`
    }
  })

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const vendors = ["openai", "gemini", "bfl", "recraft", "replicate"] as const
  const environment = Object.fromEntries([
    ...vendors.map((vendor) => [`${vendor.toUpperCase()}_BASE_URL`, sandbox.baseUrl(vendor)]),
    ...["OPENAI_API_KEY", "GEMINI_API_KEY", "BFL_API_KEY", "RECRAFT_API_TOKEN", "REPLICATE_API_TOKEN"].map((name) => [
      name,
      "sk-sandbox-0123456789"
    ])
  ])
  yield* Console.log(`\n${prompt}`)
  const [cards, spend] = yield* Effect.forEach(asks, draw, { concurrency: 5 }).pipe(
    Ledger.measure,
    Effect.provide(Layer.provide(Loom.layer(), ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))
  )
  writeFileSync(file, sheet(cards))
  const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  yield* Console.log(`
${spend.calls} images: ${usd(spend.usd)} spent; the sandbox's bill says ${usd(Number(bill) / 1e12)}.
The contact sheet is ${file}.`)
})

await Effect.runPromise(
  main.pipe(
    Effect.provide(Sandbox.layer()),
    Effect.catchCause((cause) => {
      process.exitCode = 1
      return Console.error(Cause.pretty(cause))
    })
  )
)
