/**
 * How a vendor's Chat Completions differ from those of everybody else.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Refusal } from "../../internal/refusal.ts"

/** Names from the outside in. */
export type Path = ReadonlyArray<string>

export type Fields = Readonly<Record<string, unknown>>

/** What becomes of an option: fields of the body, and what the caller is told. */
export interface Written {
  readonly fields?: Fields | undefined
  /** Why it isn't sent: a warning, or an error where the caller wants one. */
  readonly dropped?: string | undefined
  /** How it is sent otherwise than asked, in a whole sentence. */
  readonly changed?: string | undefined
  /** Why it can't be asked, and can't be left out either. */
  readonly refused?: string | undefined
  /** What becomes of parts of the option, by name: `key` of `promptCache`. */
  readonly parts?: Readonly<Record<string, Written>> | undefined
  /** Messages whose last part gets these fields: where what is kept of a prompt ends. */
  readonly marks?: Marks | undefined
}

export interface Marks {
  readonly messages: ReadonlyArray<Prompt.Message>
  readonly fields: Fields
}

/** The field that carries an option, or what is written for its value. */
export type Writer<A> = string | ((value: A, request: Request.Request) => Written)

export type Params = { readonly [Name in keyof Request.Params]?: Writer<NonNullable<Request.Params[Name]>> | undefined }

export interface Quirks {
  /**
   * The options there are. One that isn't here is dropped with a warning, or refused where the answer rests on it. What
   * writes `webSearch` is told `false` as well: there are vendors that always search.
   */
  readonly params: Params
  /** Fields of every request. What it says goes before `params`. */
  readonly always?: ((request: Request.Request, stream: boolean) => Written) | undefined
  /** What the role of instructions is called: `system`. */
  readonly systemRole?: "system" | "developer" | undefined
  /** How an object is asked for. With `json_object` alone the model is told the schema in words. `json_schema` by default. */
  readonly objects?: "json_schema" | "json_object" | undefined
  /** Whether tools can be held to their schemas: true. */
  readonly strictTools?: boolean | undefined
  /** The choices of tools there are besides `auto`: all of them. */
  readonly toolChoices?:
    | ReadonlyArray<ToolChoice>
    | ((request: Request.Request) => ReadonlyArray<ToolChoice>)
    | undefined
  /** The beginnings of links that images can be sent as: any. */
  readonly imageLinks?: ReadonlyArray<string> | undefined
  /** Whether PDF files can be sent: false. */
  readonly pdf?: boolean | undefined
  /** Whether a stream's usage is only told on demand, by `stream_options`: true. */
  readonly asksForUsage?: boolean | undefined
  /** Where the thoughts are: none by default. */
  readonly thoughts?: Thoughts | undefined
  readonly usage?: UsagePaths | undefined
  /** Reasons to finish besides OpenAI's. */
  readonly finishReasons?: Readonly<Record<string, Generation.FinishReason>> | undefined
  /** Where in the body of an error there is a code that says more than the usual one. */
  readonly errorCode?: Path | undefined
  /** Where a chunk tells in words why it is the last, when nothing else says that something went wrong. */
  readonly errorText?: Path | undefined
  /** What codes of errors mean, besides OpenAI's. */
  readonly errors?: Readonly<Record<string, NonNullable<Refusal["kind"]>>> | undefined
  /** Where the id of a request is: header `x-request-id`, else the answer's `id`. */
  readonly requestId?: { readonly header?: string | undefined; readonly field?: string | Path | undefined } | undefined
  /** Fields beside `choices` that chunks of a stream carry, and an answer needs. */
  readonly carried?: ReadonlyArray<string> | undefined
  /** Lists that deltas of a message carry, and an answer needs. */
  readonly gathered?: ReadonlyArray<string> | undefined
  /** The pages that an answer rests on, where they aren't annotations. */
  readonly sources?: ((reply: Fields) => ReadonlyArray<Source>) | undefined
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export type ToolChoice = "required" | "none" | "named"

export interface Thoughts {
  /** Where a message or a delta has them as text, the first that is there: `reasoning_content`. */
  readonly text: ReadonlyArray<string>
  /** Where it has them as pieces, which go back as they came: `reasoning_details`. */
  readonly pieces?: string | undefined
  /** Whether they go back into the next turn. */
  readonly goBack: boolean
}

export interface UsagePaths {
  /** Where else in a chunk a stream's usage is. */
  readonly chunk?: Path | undefined
  /** Tokens read from the cache, a part of the input: `prompt_tokens_details.cached_tokens`. */
  readonly cacheRead?: ReadonlyArray<Path> | undefined
  /** Tokens written to the cache, a part of the input, by their time to live. */
  readonly cacheWrite?:
    | Readonly<Record<string, Path>>
    | ((usage: unknown, model: string) => Readonly<Record<string, number>>)
    | undefined
  /** A part of the output: `completion_tokens_details.reasoning_tokens`. */
  readonly reasoning?: Path | undefined
  /** Whether reasoning is counted beside the output, and not in it: false. */
  readonly reasoningBeside?: boolean | undefined
  /** Input that `prompt_tokens` leaves out. */
  readonly inputBeside?: ReadonlyArray<Path> | undefined
  /** An answer that cites pages, and doesn't count, has searched once. */
  readonly webSearches?: Path | undefined
  /** What is sold by the piece, by kind, where that isn't one price for every search. */
  readonly requests?: ((usage: unknown, model: string) => Readonly<Record<string, number>>) | undefined
  /** US dollars that the vendor says it charges. */
  readonly cost?: Path | undefined
}

export interface Source {
  readonly url: string
  readonly title?: string | null | undefined
}
