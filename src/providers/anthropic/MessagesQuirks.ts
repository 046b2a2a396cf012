/**
 * How a vendor's Messages differ from those of Anthropic.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import type { Told } from "../../internal/failures.ts"
import type { Layout } from "./Caching.ts"

type Fields = Readonly<Record<string, unknown>>

export interface MessagesQuirks {
  /** By which name its answers carry what goes back into the next turn. */
  readonly vendor: string
  /** The caller's options for it on a part or message. */
  readonly optionsOf: (part: { readonly options: Prompt.ProviderOptions }) => Fields
  /** The options of a request as fields, the limit that the vendor wants, and how much effort is asked for. */
  readonly writtenOf: (request: Request.Request) => {
    readonly fields: Fields
    readonly maxTokens: number
    readonly effort?: Anthropic.OutputConfig["effort"]
  }
  /** What isn't sent as it was asked. */
  readonly warningsOf: (request: Request.Request) => ReadonlyArray<string>
  /** The vendor's own search, where the option asks for it: none. */
  readonly searchToolOf?: ((request: Request.Request) => Anthropic.ToolUnion | undefined) | undefined
  /** Puts marks where what is kept of a prompt ends. */
  readonly placed: (request: Request.Request, layout: Layout) => Layout
  /** An error that came with status 200, in a body or as an event. */
  readonly errorIn: (json: Fields) => Told | undefined
  /** Whether the schema of an object is told in words, where the vendor can't be given one: false. */
  readonly tellsObjects?: boolean | undefined
  /** Whether there are tools that the vendor runs itself: true. */
  readonly ownTools?: boolean | undefined
  /** Whether tools can be held to their schemas: true. */
  readonly strictTools?: boolean | undefined
  /** Whether a model can be held to one call at a time: true. */
  readonly oneAtATime?: boolean | undefined
  /** Whether PDF files can be sent: true. */
  readonly pdf?: boolean | undefined
}
