/**
 * The lines of a batch's files: how a row is asked for, what is wrong with it, and how it ended.
 */
import type * as Disk from "../Disk.ts"
import { isObject, type JsonObject, objectAt, stringAt } from "../Json.ts"
import type * as Jobs from "../batches/Jobs.ts"
import type { Style } from "./BatchStyle.ts"

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A line that was found valid. */
export const rowOf = (line: string, path: string): Jobs.Row => {
  const row = parsed(line)
  return {
    customId: stringAt(row, "custom_id") ?? "",
    path,
    body: objectAt(row, "body") ?? {}
  }
}

/** The model of the first row. */
export const modelOf = (input: Disk.File): string | undefined =>
  stringAt(objectAt(parsed(input.line(0)), "body"), "model")

/** Finds what is wrong with the rows for an endpoint, which may have to be of one model. */
export const checkOf = (
  endpoint: string,
  { addressed, maxIdLength, oneModel }: Pick<Style, "addressed" | "maxIdLength" | "oneModel">
): Jobs.Check => {
  const members = addressed ? ["custom_id", "method", "url", "body"] : ["custom_id", "body"]
  const seen = new Set<string>()
  let model: string | undefined
  return (text, line) => {
    const flaw = (code: string, message: string, param: string | null = null): Jobs.Flaw => ({
      code,
      message,
      param,
      line
    })
    if (text.trim() === "") return undefined
    const row = parsed(text)
    if (!isObject(row)) return flaw("invalid_json_line", "This line is not parseable as valid JSON.")
    const absent = members.find((name) => !Object.hasOwn(row, name))
    if (absent !== undefined) {
      return flaw("missing_required_parameter", `Missing required parameter: '${absent}'.`, absent)
    }
    const customId = stringAt(row, "custom_id")
    if (customId === undefined) return flaw("invalid_type", "The custom_id must be a string.", "custom_id")
    if (customId.length > maxIdLength) {
      return flaw("invalid_custom_id", `The custom_id is longer than ${maxIdLength} characters.`, "custom_id")
    }
    if (seen.has(customId)) {
      return flaw("duplicate_custom_id", `The custom_id '${customId}' is used by another request.`, "custom_id")
    }
    seen.add(customId)
    if (addressed && stringAt(row, "method") !== "POST") {
      return flaw("invalid_method", "The method must be POST.", "method")
    }
    if (addressed && stringAt(row, "url") !== endpoint) {
      return flaw("url_mismatch", `The URL provided for this request does not match the batch's: ${endpoint}.`, "url")
    }
    const body = objectAt(row, "body")
    if (body === undefined) return flaw("invalid_type", "The body must be an object.", "body")
    const own = stringAt(body, "model")
    model ??= own
    if (oneModel && own !== model) {
      return flaw("model_mismatch", `All requests must be for one model; this one is not for ${model}.`, "body.model")
    }
    return undefined
  }
}

/** What a line says of how its row ended. */
export const told = (outcome: Jobs.Outcome): JsonObject => {
  switch (outcome._tag) {
    case "Answered": {
      const { body, requestId, status } = outcome
      return { response: { status_code: status, request_id: requestId, body }, error: null }
    }
    case "Expired":
      return {
        response: null,
        error: {
          code: "batch_expired",
          message: "This request could not be executed before the completion window expired."
        }
      }
    case "Cancelled":
      return {
        response: null,
        error: { code: "batch_cancelled", message: "The batch was cancelled before this request was executed." }
      }
  }
}
