/**
 * How much is asked with: what tokens are estimated from, before anybody has counted them.
 */
import * as Result from "effect/Result"
import type * as Prompt from "effect/ai/Prompt"
import type { Request } from "../Request.ts"

export interface PromptSize {
  /** Of texts, and of arguments and results of tools as JSON, in UTF-16 code units. */
  readonly characters: number
  /** The same in UTF-8. */
  readonly bytes: number
  readonly messages: number
  readonly files: ReadonlyArray<Prompt.FilePart>
}

export const promptSize = ({ prompt, tools }: Pick<Request, "prompt" | "tools">): PromptSize => {
  let characters = 0
  let bytes = 0
  const files: Array<Prompt.FilePart> = []
  const add = (text: string) => {
    characters += text.length
    bytes += Buffer.byteLength(text)
  }
  for (const { description = "" } of tools) add(description)
  for (const message of prompt.content) {
    if (message.role === "system") add(message.content)
    else {
      for (const part of message.content) {
        if (part.type === "file") files.push(part)
        else if ("text" in part) add(part.text)
        else if (part.type === "tool-call") add(part.name + json(part.params))
        else if (part.type === "tool-result") add(part.name + json(part.result))
      }
    }
  }
  return { characters, bytes, messages: prompt.content.length, files }
}

/** What can't be written isn't sent. */
export const json = (value: unknown): string =>
  Result.getOrElse(Result.try((): string => JSON.stringify(value) ?? ""), () => "")
