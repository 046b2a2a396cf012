import type { Health } from "../../../Figures.ts"

/** A shape for each state: colour never speaks alone. */
export const shapes: Readonly<Record<Health["state"], string>> = {
  healthy: "●",
  slow: "▲",
  unsteady: "▲",
  failing: "■",
  idle: "○"
}
