import { Copy } from "../parts/Copy.tsx"
import { meta } from "../state/figures.ts"
import { stream } from "../state/live.ts"

const program = `import { Effect } from "effect"
import { Loom } from "loom-router"

const hello = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "hi" })
console.log((await Effect.runPromise(hello)).text)`

const command = `loom generate "hi"`

/** Until the first call, which turns the page live by itself. */
export const NeverUsed = () => (
  <section class="panel never" data-testid="empty-never" aria-labelledby="never-title">
    <h2 id="never-title">No calls yet</h2>
    <p>Every call that goes through Loom shows up here as it ends, with its cost, latency, tokens and attempts.</p>
    <div class="snippet">
      <pre tabIndex={0} aria-label="A first call in a program"><code>{program}</code></pre>
      <Copy what="the program" label="Copy" text={() => program} />
    </div>
    <p>Or from a terminal:</p>
    <div class="snippet">
      <pre tabIndex={0} aria-label="A first call from a terminal"><code>{command}</code></pre>
      <Copy what="the command" label="Copy" text={() => command} />
    </div>
    <p class="waiting" data-lost={stream.value.isLost}>
      <span class="dot" aria-hidden="true" /> waiting for the first call…
    </p>
    {meta.answer.value === undefined ? null : (
      <p class="muted">
        Calls are recorded in <code>{meta.answer.value.data.log}</code>
      </p>
    )}
  </section>
)
