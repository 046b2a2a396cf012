/**
 * The conversation as turns, and the rules for their order.
 */
import { type JsonObject, listAt, stringAt } from "../Json.ts"
import type { Traits } from "./Models.ts"
import { invalid, type Problem } from "./Problem.ts"

export interface Placed {
  readonly block: unknown
  /** Such as `messages.0.content.1`. */
  readonly path: string
}

/** Consecutive messages of one role. */
export interface Turn {
  readonly role: string
  /** The path of its last message. */
  readonly path: string
  readonly blocks: ReadonlyArray<Placed>
}

export const typeOf = ({ block }: Placed): string => stringAt(block, "type") ?? ""

export const turnsOf = (body: JsonObject, model: Traits): ReadonlyArray<Turn> | Problem => {
  const messages = listAt(body, "messages")
  const turns: Array<Turn> = []
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`
    const role = stringAt(message, "role") ?? ""
    const blocks = blocksOf(message, path)
    const isLast = index === messages.length - 1
    const wrong = emptiness(blocks, path, isLast && role === "assistant")
      ?? blocks.map((placed) => misplaced(placed, role)).find((found) => found !== undefined)
    if (wrong !== undefined) return wrong
    const previous = turns.at(-1)
    if (previous?.role !== role) turns.push({ role, path, blocks })
    else turns.splice(-1, 1, { role, path, blocks: [...previous.blocks, ...blocks] })
  }
  return order(turns, model) ?? pairing(turns) ?? ending(turns, model) ?? turns
}

const blocksOf = (message: unknown, path: string): ReadonlyArray<Placed> => {
  const content = stringAt(message, "content")
  const blocks = content === undefined ? listAt(message, "content") : content === "" ? [] : [{
    type: "text",
    text: content
  }]
  return blocks.map((block, index) => ({ block, path: `${path}.content.${index}` }))
}

const emptiness = (blocks: ReadonlyArray<Placed>, path: string, mayBeEmpty: boolean): Problem | undefined => {
  if (blocks.length === 0 && !mayBeEmpty) {
    return invalid(path, "all messages must have non-empty content except for the optional final assistant message")
  }
  const texts = blocks.filter((placed) => typeOf(placed) === "text").map(({ block }) => stringAt(block, "text") ?? "")
  if (texts.includes("")) return invalid("messages", "text content blocks must be non-empty")
  return texts.some((text) => text.trim() === "")
    ? invalid("messages", "text content blocks must contain non-whitespace text")
    : undefined
}

const everyones = new Set(["text"])
const users = new Set(["image", "document", "search_result", "tool_result", "container_upload"])

const misplaced = (placed: Placed, role: string): Problem | undefined => {
  const type = typeOf(placed)
  if (everyones.has(type)) return undefined
  const owner = users.has(type) ? "user" : "assistant"
  return role === owner ? undefined : invalid(
    placed.path,
    role === "system"
      ? "`system` messages can only contain `text` blocks"
      : `\`${type}\` blocks can only be in \`${owner}\` messages`
  )
}

const order = (turns: ReadonlyArray<Turn>, model: Traits): Problem | undefined => {
  if (turns[0]?.role !== "user") return invalid("messages", "first message must use the \"user\" role")
  for (const [index, turn] of turns.entries()) {
    if (turn.role !== "system") continue
    if (!model.systemTurns) return invalid(turn.path, "role 'system' is not supported on this model")
    if (turns[index - 1]?.role !== "user" || turns[index + 1]?.role === "user") {
      return invalid(
        turn.path,
        "a 'system' message must follow a 'user' message and end the conversation or precede "
          + "an 'assistant' message"
      )
    }
  }
  return undefined
}

const idsOf = (blocks: ReadonlyArray<Placed>, type: string, key: string): ReadonlyArray<string> =>
  blocks.filter((placed) => typeOf(placed) === type).map(({ block }) => stringAt(block, key) ?? "")

const pairing = (turns: ReadonlyArray<Turn>): Problem | undefined => {
  const seen = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    const called = idsOf(turn.blocks, "tool_use", "id")
    for (const id of [...called, ...idsOf(turn.blocks, "server_tool_use", "id")]) {
      if (seen.has(id)) return invalid("messages", "`tool_use` ids must be unique")
      seen.add(id)
    }
    const before = turns[index - 1]
    const open = new Set(before === undefined ? [] : idsOf(before.blocks, "tool_use", "id"))
    const searched = new Set(idsOf(turn.blocks, "server_tool_use", "id"))
    for (const placed of turn.blocks) {
      const kind = typeOf(placed)
      const id = stringAt(placed.block, "tool_use_id")
      const known = kind === "tool_result" ? open : kind.endsWith("_tool_result") ? searched : undefined
      if (id !== undefined && known?.has(id) === false) {
        return invalid(
          placed.path,
          `unexpected \`tool_use_id\` found in \`${kind}\` blocks: ${id}. Each \`${kind}\` block must have a `
            + "corresponding `tool_use` block in the previous message."
        )
      }
    }
    const after = turns[index + 1]
    if (after === undefined || called.length === 0) continue
    const first = after.blocks.findIndex((placed) => typeOf(placed) !== "tool_result")
    const answered = new Set(
      idsOf(after.blocks.slice(0, first === -1 ? undefined : first), "tool_result", "tool_use_id")
    )
    const missing = called.filter((id) => !answered.has(id))
    if (missing.length > 0) {
      return invalid(
        turn.path,
        `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each `
          + "`tool_use` block must have a corresponding `tool_result` block in the next message."
      )
    }
  }
  return undefined
}

/** The last turn goes on after a pause of the vendor. */
export const isContinued = (turns: ReadonlyArray<Turn>): boolean => {
  const last = turns.at(-1)
  const end = last?.blocks.at(-1)
  return last?.role === "assistant" && end !== undefined && /^server_tool_use$|.+_tool_result$/.test(typeOf(end))
}

const ending = (turns: ReadonlyArray<Turn>, model: Traits): Problem | undefined => {
  const last = turns.at(-1)
  if (last?.role !== "assistant" || isContinued(turns)) return undefined
  if (!model.prefill) {
    return invalid(
      "",
      "This model does not support assistant message prefill. The conversation must end with a user message."
    )
  }
  const end = last.blocks.at(-1)
  if (end !== undefined && typeOf(end) === "tool_use") {
    return invalid(
      last.path,
      "`tool_use` ids were found without `tool_result` blocks immediately after: "
        + `${stringAt(end.block, "id") ?? ""}.`
    )
  }
  return /\s$/.test(stringAt(end?.block, "text") ?? "")
    ? invalid("messages", "final assistant content cannot end with trailing whitespace")
    : undefined
}

/** With a budget for thinking, a turn that calls tools begins with a thought. */
export const unthought = (turns: ReadonlyArray<Turn>): Problem | undefined => {
  const last = turns.findLast(({ role }) => role === "assistant")
  const [first] = last?.blocks ?? []
  const calls = last?.blocks.some((placed) => typeOf(placed) === "tool_use") === true
  if (first === undefined || !calls || turns.at(-2) !== last || typeOf(first).endsWith("thinking")) return undefined
  return invalid(
    `${first.path}.type`,
    `Expected \`thinking\` or \`redacted_thinking\`, but found \`${typeOf(first)}\`. When \`thinking\` is enabled, a `
      + "final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
      + "`tool_result` blocks)."
  )
}
