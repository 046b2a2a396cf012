/**
 * How a vendor's Responses differ from those of OpenAI.
 */
import type * as Prompt from "effect/ai/Prompt"
import type OpenAI from "openai"
import type * as Request from "../../Request.ts"
import type { Told } from "../../internal/failures.ts"
import type { Fields } from "./Quirks.ts"

export interface ResponsesQuirks {
  /** By which name its answers carry what goes back into the next turn. */
  readonly vendor: string
  /** The caller's options for it on a part or message. */
  readonly optionsOf: (part: { readonly options: Prompt.ProviderOptions }) => Fields
  /** What the role of instructions is called, and whether those at the beginning go into `instructions` instead. */
  readonly instructions: { readonly isField: boolean; readonly role: "developer" | "system" }
  /** The options of a request as fields, and the messages that what is kept of the prompt ends with. */
  readonly writtenOf: (
    request: Request.Request
  ) => { readonly fields: Fields; readonly marks: ReadonlyArray<Prompt.Message> }
  /** What isn't sent as it was asked. */
  readonly warningsOf: (request: Request.Request) => ReadonlyArray<string>
  /** The vendor's own search, where the option asks for it. */
  readonly searchToolOf: (request: Request.Request) => OpenAI.Responses.Tool | undefined
  /** An error that came with status 200, in a body or as an event. */
  readonly errorIn: (json: Fields) => Told | undefined
  /** What is sold by the piece, from the types of the output's items: OpenAI counts its searches. */
  readonly soldIn?: ((items: ReadonlyArray<string>) => Readonly<Record<string, number>>) | undefined
  /** Whether answers tell the tier that they were served in; otherwise it is the one that was asked for: true. */
  readonly tellsTier?: boolean | undefined
  /** US dollars that the vendor says it charges. */
  readonly reportedUsdOf?: ((usage: unknown) => number | undefined) | undefined
}
