/**
 * Refusals in the words of Pydantic, which vendors that serve with FastAPI pass on.
 */
import type { Problem } from "../openai/Problem.ts"

const words: Readonly<Record<string, readonly [type: string, message: string]>> = {
  unknown_parameter: ["extra_forbidden", "Extra inputs are not permitted"],
  missing_required_parameter: ["missing", "Field required"]
}

const types: Readonly<Record<string, string>> = {
  invalid_type: "type_error",
  invalid_value: "enum",
  array_above_max_length: "too_long",
  empty_array: "too_short"
}

const typeOf = (code: string | null): string => {
  if (code === null) return "value_error"
  if (code.endsWith("_below_min_value")) return "greater_than_equal"
  return code.endsWith("_above_max_value") ? "less_than_equal" : types[code] ?? code
}

/** What is wrong, and where in the body. */
export const detailOf = ({ code, message, param }: Problem) => {
  const [type, msg] = words[code ?? ""] ?? [typeOf(code), message]
  return { type, loc: ["body", ...(param ?? "").split(".").filter((step) => step !== "")], msg }
}

/** What is wrong with a body has a status of its own. */
export const statusOf = ({ param, status }: Problem): number => status === 400 && param !== null ? 422 : status
