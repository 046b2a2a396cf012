import { Never } from "../parts/Never.tsx"
import { meta } from "../state/figures.ts"

const program = `import { Effect } from "effect"
import { Loom } from "loom-router"

const hello = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "hi" })
console.log((await Effect.runPromise(hello)).text)`

/** Until the first call. */
export const NeverUsed = () => (
  <Never
    name="call"
    title="No calls yet"
    program={program}
    command={`loom generate "hi"`}
    place={meta.answer.value === undefined ? null : (
      <p class="muted">
        Calls are recorded in <code>{meta.answer.value.data.log}</code>
      </p>
    )}
  >
    Every call that goes through Loom shows up here as it ends, with its cost, latency, tokens and attempts.
  </Never>
)
