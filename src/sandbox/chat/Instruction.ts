/**
 * What a model reads of the object that it is to answer with, where its vendor only knows that there is to be one.
 */
import { at, isObject, type JsonObject, stringAt } from "../Json.ts"
import { type Problem, problem } from "../openai/Problem.ts"

/** The JSON Schema in the instructions of a conversation, `{}` without one; the word has to be in it. */
export const schemaIn = (messages: ReadonlyArray<unknown>): JsonObject | Problem => {
  const texts = messages.flatMap((message) => {
    const content = at(message, "content")
    return (Array.isArray(content) ? content : [{ text: content }]).flatMap((part) => stringAt(part, "text") ?? [])
  })
  if (!texts.some((text) => /json/i.test(text))) {
    return problem(
      400,
      "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
      { param: "messages" }
    )
  }
  for (const text of texts) {
    const schema = parsed(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1))
    if (isObject(schema) && isObject(schema["properties"])) return schema
  }
  return {}
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
