import type { RequestDetail } from "../../../Figures.ts"

/** The call as a program makes it. What was said isn't kept, so the prompt is left to fill in. */
export const codeOf = ({ asked, modality, model, operation, provider }: RequestDetail): string => {
  const written = JSON.stringify(asked.includes("/") ? asked : `${provider}/${model}`)
  const options = `{ model: ${written},${modality === "image" ? ` modality: "image",` : ""} prompt: "…" }`
  return operation === "stream"
    ? `import { Effect, Stream } from "effect"
import { Loom } from "loom-router"

const parts = await Effect.runPromise(
  Stream.runCollect(Loom.stream(${options}))
)
`
    : `import { Effect } from "effect"
import { Loom } from "loom-router"

const result = await Effect.runPromise(
  Loom.generate(${options})
)
`
}
