/**
 * Parts of prompts, as every vendor needs them.
 */
import type * as Prompt from "effect/ai/Prompt"
import { type GenerateError, InvalidRequest } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import { isRecord, ordered } from "./json.ts"

/** The caller's options for a vendor on a part or message, which are sent as they are. */
export const optionsOf =
  (vendor: string) => (part: { readonly options: Prompt.ProviderOptions }): Readonly<Record<string, unknown>> => {
    const options = part.options[vendor]
    return isRecord(options) ? options : {}
  }

/** A file as vendors take it: the link it is, or its bytes in base64. */
export const fileOf = (
  part: Prompt.FilePart
): { readonly url: string } | { readonly base64: string; readonly dataUrl: string } => {
  if (part.data instanceof URL) return { url: part.data.href }
  if (typeof part.data === "string" && /^https?:/.test(part.data)) return { url: part.data }
  const base64 = typeof part.data === "string"
    ? part.data.slice(part.data.startsWith("data:") ? part.data.indexOf(",") + 1 : 0)
    : Buffer.from(part.data).toString("base64")
  return { base64, dataUrl: `data:${part.mediaType};base64,${base64}` }
}

/** A file as a link: its own, or one that holds its bytes. */
export const urlOf = (part: Prompt.FilePart): string => {
  const file = fileOf(part)
  return "url" in file ? file.url : file.dataUrl
}

/** The error of a file that a vendor doesn't take, or not there. */
export const unsupportedFile = (
  request: Request.Request,
  file: Prompt.FilePart,
  can = "images and PDF can"
): GenerateError => {
  const detail = `a file of type ${file.mediaType} can't be sent ${
    file.data instanceof URL ? "as a link" : "here"
  }; ${can}`
  return Request.fail(request, new InvalidRequest({ field: "prompt", detail }))
}

/** What a tool answered, as the model reads it. */
export const resultText = (result: unknown): string =>
  typeof result === "string" ? result : JSON.stringify(ordered(result ?? null))

/** What a tool was called with, as the model reads it again. */
export const paramsText = (params: unknown): string => JSON.stringify(ordered(params))
