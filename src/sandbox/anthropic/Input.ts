/**
 * Reads a request: what the model sees, token by token, and where the caller ends reusable prefixes.
 */
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder, type Ttl } from "../Tokens.ts"
import type { Traits } from "./Models.ts"
import { invalid, isProblem, type Problem, problem } from "./Problem.ts"
import type { Rules } from "./Rules.ts"
import * as Turns from "./Turns.ts"

/** What only this sandbox can make and read again. */
export interface Seals {
  readonly thought: Seal.Seal
  readonly source: Seal.Seal
}

export const makeSeals = (seed: string): Seals => ({
  thought: Seal.make(seed, "anthropic thought"),
  source: Seal.make(seed, "anthropic source")
})

export const textDigest = (text: string): string => digest("thought", text).slice(0, 16)

export interface Input {
  readonly _tag: "Input"
  readonly sequence: Sequence
  readonly prompt: string
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
  /** Goes on with a turn that the vendor paused. */
  readonly continued: boolean
}

interface Reader {
  readonly tokens: SequenceBuilder
  readonly model: Traits
  readonly seals: Seals
  readonly marks: Array<Ttl>
}

export const read = (
  body: JsonObject,
  model: Traits,
  rules: Pick<Rules, "thinking" | "effort">,
  seals: Seals
): Input | Problem => {
  const turns = Turns.turnsOf(body, model)
  if (isProblem(turns)) return turns
  const unthought = rules.thinking === "enabled" ? Turns.unthought(turns) : undefined
  if (unthought !== undefined) return unthought

  const reader: Reader = { tokens: sequence(), model, seals, marks: [] }
  const { tokens } = reader
  for (const [index, tool] of listAt(body, "tools").entries()) {
    if (!isObject(tool)) continue
    const { cache_control: _, ...definition } = tool
    tokens.text(JSON.stringify(definition))
    const wrong = ended(reader, tool, `tools.${index}`)
    if (wrong !== undefined) return wrong
  }
  tokens.salt(JSON.stringify(["speed", at(body, "speed") ?? "standard"]))
  const wrong = addSystem(reader, body)
  if (wrong !== undefined) return wrong
  tokens.salt(JSON.stringify([at(body, "tool_choice") ?? { type: "auto" }, rules.thinking ?? "off", rules.effort]))

  for (const turn of turns) {
    tokens.opaque(3, turn.role)
    for (const placed of turn.blocks) {
      const found = addBlock(reader, placed)
      if (found !== undefined) return found
    }
  }
  const last = turns.at(-1)
  const automatic = markLast(reader, body, last?.blocks.at(-1))
  if (automatic !== undefined) return automatic
  if (reader.marks.length > 4) {
    return invalid("", `A maximum of 4 blocks with cache_control may be provided. Found ${reader.marks.length}.`)
  }
  if (last?.role !== "assistant") tokens.opaque(3, "assistant")
  const built = tokens.build()
  return built.length > model.maxInput
    ? invalid("", `prompt is too long: ${built.length} tokens > ${model.maxInput} maximum`)
    : { _tag: "Input", sequence: built, ...askedOf(turns), continued: Turns.isContinued(turns) }
}

const addSystem = (reader: Reader, body: JsonObject): Problem | undefined => {
  const { tokens } = reader
  const format = objectAt(objectAt(body, "output_config"), "format")
  if (format !== undefined) tokens.text(JSON.stringify(format))
  const system = stringAt(body, "system")
  const blocks = system === undefined ? listAt(body, "system") : [{ type: "text", text: system }]
  if (blocks.length > 0) tokens.opaque(3, "system")
  for (const [index, block] of blocks.entries()) {
    const text = stringAt(block, "text") ?? ""
    if (text === "" && system === undefined) return invalid("system", "text content blocks must be non-empty")
    tokens.text(text)
    const wrong = ended(reader, block, `system.${index}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** Ends a block, and a reusable prefix where the block says so. */
const ended = (reader: Reader, block: unknown, path: string): Problem | undefined => {
  reader.tokens.border()
  const control = objectAt(block, "cache_control")
  return control === undefined ? undefined : mark(reader, control, path)
}

const ttlOf = (control: JsonObject): Ttl => stringAt(control, "ttl") === "1h" ? "1h" : "5m"

const mark = ({ marks, tokens }: Reader, control: JsonObject, path: string): Problem | undefined => {
  const ttl = ttlOf(control)
  if (ttl === "1h" && marks.includes("5m")) {
    return invalid(
      path === "" ? "cache_control.ttl" : `${path}.cache_control.ttl`,
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are "
        + "processed in the following order: `tools`, `system`, `messages`."
    )
  }
  marks.push(ttl)
  tokens.mark(ttl)
  return undefined
}

/** The marker at the top of the request stands on the last block. */
const markLast = (reader: Reader, body: JsonObject, last: Turns.Placed | undefined): Problem | undefined => {
  const control = objectAt(body, "cache_control")
  if (control === undefined || last === undefined) return undefined
  const own = objectAt(last.block, "cache_control")
  if (own === undefined) return mark(reader, control, "")
  return ttlOf(own) === ttlOf(control)
    ? undefined
    : invalid("cache_control.ttl", "differs from the ttl of the cache_control of the last block")
}

const addBlock = (reader: Reader, placed: Turns.Placed): Problem | undefined =>
  added(reader, placed) ?? ended(reader, placed.block, placed.path)

const added = (reader: Reader, placed: Turns.Placed): Problem | undefined => {
  const { block, path } = placed
  const { seals, tokens } = reader
  switch (Turns.typeOf(placed)) {
    case "text":
      tokens.text(stringAt(block, "text") ?? "")
      return listAt(block, "citations")
        .map((citation) => unsealed(seals, stringAt(citation, "encrypted_index"), `${path}.text.citations`))
        .find((found) => found !== undefined)
    case "image":
      return addImage(tokens, objectAt(block, "source"), `${path}.image.source`)
    case "document":
      return addDocument(tokens, block, `${path}.document.source`)
    case "thinking":
      return addThought(reader, block, path)
    case "redacted_thinking":
      return invalid(path, "Invalid `data` in `redacted_thinking` block")
    case "tool_use":
    case "server_tool_use":
      tokens.opaque(4, "tool_use")
      tokens.text(stringAt(block, "name") ?? "")
      tokens.text(JSON.stringify(at(block, "input")))
      return undefined
    case "tool_result": {
      tokens.opaque(4, at(block, "is_error") === true ? "tool_error" : "tool_result")
      const text = stringAt(block, "content")
      if (text !== undefined) tokens.text(text)
      return listAt(block, "content")
        .map((inner, index) => addBlock(reader, { block: inner, path: `${path}.tool_result.content.${index}` }))
        .find((found) => found !== undefined)
    }
    case "web_search_tool_result":
      tokens.text(JSON.stringify(listAt(block, "content").map((result) => [at(result, "url"), at(result, "title")])))
      return listAt(block, "content")
        .map((result) => unsealed(seals, stringAt(result, "encrypted_content"), `${path}.web_search_tool_result`))
        .find((found) => found !== undefined)
    default:
      tokens.text(JSON.stringify(block))
      return undefined
  }
}

const unsealed = (seals: Seals, sealed: string | undefined, path: string): Problem | undefined =>
  sealed === undefined || seals.source.open(sealed) !== undefined
    ? undefined
    : invalid(path, "Invalid encrypted content in search result")

const addThought = ({ model, seals, tokens }: Reader, block: unknown, path: string): Problem | undefined => {
  const thought = seals.thought.open(stringAt(block, "signature") ?? "")
  const foreign = model.bindsThoughts && stringAt(thought, "model") !== model.id
  if (thought === undefined || stringAt(thought, "text") !== textDigest(stringAt(block, "thinking") ?? "") || foreign) {
    return invalid(path, "Invalid `signature` in `thinking` block")
  }
  tokens.opaque(Number(at(thought, "tokens")), stringAt(block, "signature") ?? "")
  return undefined
}

const isUrl = (url: string) => /^https?:\/\/[^/\s]+/.test(url)

/** Made up: a token per 40 bytes, 50 to 1600 of them; 1600 for a URL. */
const addImage = (tokens: SequenceBuilder, source: JsonObject | undefined, path: string): Problem | undefined => {
  const url = stringAt(source, "url")
  if (url !== undefined) {
    if (!isUrl(url)) return invalid(`${path}.url.url`, "Input should be a valid URL")
    tokens.opaque(1600, url)
    return undefined
  }
  const data = stringAt(source, "data")
  if (data === undefined) return noFile(source)
  const bytes = Media.decode(data)
  if (bytes === undefined) return invalid(`${path}.base64.data`, "Invalid base64 data")
  if (!Media.isOf((stringAt(source, "media_type") ?? "").replace("image/", ""), bytes)) {
    return invalid(`${path}.base64.data`, "Could not process image: the data is not of its media type")
  }
  tokens.opaque(Math.min(1600, Math.max(50, Math.ceil(bytes.length / 40))), digest(data))
  return undefined
}

/** Made up for a PDF: 1500 tokens per 64 KiB, 3000 for a URL. */
const addDocument = (tokens: SequenceBuilder, block: unknown, path: string): Problem | undefined => {
  for (const name of ["title", "context"]) tokens.text(stringAt(block, name) ?? "")
  const source = objectAt(block, "source")
  switch (stringAt(source, "type")) {
    case "text":
      tokens.text(stringAt(source, "data") ?? "")
      return undefined
    case "content":
      tokens.text(stringAt(source, "content") ?? JSON.stringify(listAt(source, "content")))
      return undefined
    case "url": {
      const url = stringAt(source, "url") ?? ""
      if (!isUrl(url)) return invalid(`${path}.url.url`, "Input should be a valid URL")
      tokens.opaque(3000, url)
      return undefined
    }
    case "base64": {
      const data = stringAt(source, "data") ?? ""
      const bytes = Media.decode(data)
      if (bytes === undefined || !Media.isOf("pdf", bytes)) {
        return invalid(`${path}.base64.data`, "The PDF specified was not valid.")
      }
      tokens.opaque(1500 * Math.ceil(bytes.length / 65_536), digest(data))
      return undefined
    }
    default:
      return noFile(source)
  }
}

const noFile = (source: unknown): Problem => problem(404, `File not found: ${stringAt(source, "file_id") ?? ""}`)

/** The user's last words, and what tools have answered since. */
const askedOf = (turns: ReadonlyArray<Turns.Turn>): Pick<Input, "prompt" | "results"> => {
  const names = new Map<string, string>()
  let prompt = ""
  let results: Array<Input["results"][number]> = []
  for (const { blocks, role } of turns) {
    const texts: Array<string> = []
    const answers: Array<Input["results"][number]> = []
    for (const placed of blocks) {
      const { block } = placed
      const type = Turns.typeOf(placed)
      if (type === "text") texts.push(stringAt(block, "text") ?? "")
      if (type === "tool_use") names.set(stringAt(block, "id") ?? "", stringAt(block, "name") ?? "")
      if (type !== "tool_result") continue
      const output = stringAt(block, "content")
        ?? listAt(block, "content").map((inner) => stringAt(inner, "text") ?? "").join("")
      answers.push({ name: names.get(stringAt(block, "tool_use_id") ?? "") ?? "the tool", output })
    }
    if (role !== "user") continue
    if (texts.length > 0) prompt = texts.join("\n")
    results = texts.length > 0 ? answers : [...results, ...answers]
  }
  return { prompt, results }
}
