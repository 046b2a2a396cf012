import type { ComponentChildren } from "preact"
import { stream } from "../state/live.ts"
import { Copy } from "./Copy.tsx"

/** Nothing yet, and how to begin: what begins turns the page live by itself. */
export const Never = ({ children, command, name, place, program, title }: {
  /** What it is that there is none of: `call`. */
  readonly name: string
  readonly title: string
  readonly children: ComponentChildren
  readonly program: string
  readonly command: string
  readonly place: ComponentChildren
}) => (
  <section class="panel never" data-testid="empty-never" aria-labelledby="never-title">
    <h2 id="never-title">{title}</h2>
    <p>{children}</p>
    <div class="snippet">
      <pre tabIndex={0} aria-label={`A first ${name} in a program`}><code>{program}</code></pre>
      <Copy what="the program" label="Copy" text={() => program} />
    </div>
    <p>Or from a terminal:</p>
    <div class="snippet">
      <pre tabIndex={0} aria-label={`A first ${name} from a terminal`}><code>{command}</code></pre>
      <Copy what="the command" label="Copy" text={() => command} />
    </div>
    <p class="waiting" data-lost={stream.value.isLost}>
      <span class="dot" aria-hidden="true" /> waiting for the first {name}…
    </p>
    {place}
  </section>
)
