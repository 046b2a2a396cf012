/**
 * Reads a prompt: what the model sees, token by token and by modality, and the rules for turns and signatures.
 */
import { isProblem, type Problem } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import type * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder } from "../Tokens.ts"
import type { Model } from "./Models.ts"
import { invalid, problem } from "./Problem.ts"

export type Modality = "TEXT" | "IMAGE" | "AUDIO" | "VIDEO" | "DOCUMENT"

/** A stretch of tokens of one modality. */
export interface Stretch {
  readonly modality: Modality
  readonly tokens: number
}

export interface Input {
  readonly _tag: "Input"
  readonly sequence: Sequence
  readonly stretches: ReadonlyArray<Stretch>
  /** The text of the user's last turn. */
  readonly prompt: string
  /** What tools answered since. */
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
}

interface Reader {
  readonly tokens: SequenceBuilder
  readonly stretches: Array<Stretch>
  readonly model: Model
  readonly seals: Seal.Seal
}

/** `body` holds `systemInstruction`, `tools`, `toolConfig` and `contents`. */
export const read = (body: JsonObject, model: Model, seals: Seal.Seal): Input | Problem => {
  const contents = listAt(body, "contents")
  const wrong = turns(contents, model)
  if (wrong !== undefined) return wrong

  const reader: Reader = { tokens: sequence(), stretches: [], model, seals }
  const { tokens } = reader
  const text = (text: string) => put(reader, "TEXT", () => tokens.text(text))
  for (const tool of listAt(body, "tools")) text(JSON.stringify(tool))
  tokens.salt(JSON.stringify(at(body, "toolConfig") ?? {}))
  for (const part of listAt(objectAt(body, "systemInstruction"), "parts")) text(stringAt(part, "text") ?? "")
  for (const [index, turn] of contents.entries()) {
    put(reader, "TEXT", () => tokens.opaque(2, stringAt(turn, "role") ?? "user"))
    for (const [place, part] of listAt(turn, "parts").entries()) {
      const found = addPart(reader, part, `contents[${index}].parts[${place}]`)
      if (found !== undefined) return found
    }
  }
  const built = tokens.build()
  return built.length > model.maxInput
    ? invalid(
      `The input token count (${built.length}) exceeds the maximum number of tokens allowed (${model.maxInput}).`
    )
    : { _tag: "Input", sequence: built, stretches: reader.stretches, ...askedOf(contents) }
}

/** How many tokens of each modality stand between two positions. */
export const detailsOf = (
  stretches: ReadonlyArray<Stretch>,
  from: number,
  to: number
): ReadonlyArray<{ readonly modality: Modality; readonly tokenCount: number }> => {
  const counts = new Map<Modality, number>()
  let position = 0
  for (const { modality, tokens } of stretches) {
    const within = Math.min(position + tokens, to) - Math.max(position, from)
    if (within > 0) counts.set(modality, (counts.get(modality) ?? 0) + within)
    position += tokens
  }
  return Array.from(counts, ([modality, tokenCount]) => ({ modality, tokenCount }))
}

const put = ({ stretches, tokens }: Reader, modality: Modality, add: () => void): void => {
  const before = tokens.build().length
  add()
  stretches.push({ modality, tokens: tokens.build().length - before })
}

const kinds = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "toolCall",
  "toolResponse",
  "executableCode",
  "codeExecutionResult"
]

const addPart = (reader: Reader, part: unknown, path: string): Problem | undefined => {
  const { seals, tokens } = reader
  const text = (text: string) => put(reader, "TEXT", () => tokens.text(text))
  const present = isObject(part) ? kinds.filter((kind) => Object.hasOwn(part, kind)) : []
  if (present.length !== 1) {
    return invalid(`* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field`)
  }
  const signature = stringAt(part, "thoughtSignature")
  if (signature !== undefined) {
    if (!isSigned(seals, signature)) return invalid("Corrupted thought signature.")
    tokens.salt(signature)
  }
  switch (present[0]) {
    case "text":
      text(stringAt(part, "text") ?? "")
      return undefined
    case "inlineData":
      return addBlob(reader, objectAt(part, "inlineData"), path)
    case "fileData":
      return addFile(reader, objectAt(part, "fileData"))
    case "functionCall": {
      const call = objectAt(part, "functionCall")
      text(`${stringAt(call, "name") ?? ""}${JSON.stringify(at(call, "args") ?? {})}`)
      return undefined
    }
    case "functionResponse": {
      const response = objectAt(part, "functionResponse")
      text(JSON.stringify(at(response, "response")))
      for (const shown of listAt(response, "parts")) {
        const file = objectAt(shown, "fileData")
        const found = file === undefined ? addBlob(reader, objectAt(shown, "inlineData"), path) : addFile(reader, file)
        if (found !== undefined) return found
      }
      return undefined
    }
    default:
      text(JSON.stringify(part))
      return undefined
  }
}

/** What is taken for calls that another model made. */
const unsigned: ReadonlySet<string> = new Set([
  "skip_thought_signature_validator",
  "context_engineering_is_the_way_to_go"
])

const isSigned = (seals: Seal.Seal, signature: string): boolean =>
  unsigned.has(signature) || seals.open(Buffer.from(signature, "base64").toString()) !== undefined

/** A signature is base64. */
export const sign = (seals: Seal.Seal, content: JsonObject): string =>
  Buffer.from(seals.close(content)).toString("base64")

const modalities: Readonly<Record<string, Modality>> = {
  image: "IMAGE",
  audio: "AUDIO",
  video: "VIDEO",
  text: "TEXT",
  application: "DOCUMENT"
}
const taken =
  /^(image\/(png|jpeg|webp|heic|heif|gif)|audio\/(wav|mp3|aiff|aac|ogg|flac|mpeg|m4a|webm)|video\/(mp4|mpeg|mov|quicktime|avi|x-flv|mpg|webm|wmv|3gpp)|text\/.+|application\/(pdf|json))$/

const modalityOf = (mimeType: string): Modality | Problem =>
  taken.test(mimeType)
    ? modalities[mimeType.split("/")[0] ?? ""] ?? "DOCUMENT"
    : invalid(`Unsupported MIME type: ${mimeType}`)

/** Made up: a token per 40 bytes, 50 to 1600 of them; a PDF has 258 for each 64 KiB. */
const addBlob = (reader: Reader, blob: unknown, path: string): Problem | undefined => {
  const mimeType = stringAt(blob, "mimeType") ?? ""
  const modality = modalityOf(mimeType)
  if (isProblem(modality)) return modality
  const data = stringAt(blob, "data") ?? ""
  const bytes = Media.decode(data)
  if (bytes === undefined) {
    return invalid(`Invalid value at '${path}.inline_data.data' (TYPE_BYTES), Base64 decoding failed`)
  }
  const kind = mimeType === "application/pdf" ? "pdf" : mimeType.replace("image/", "")
  if (["png", "jpeg", "gif", "webp", "pdf"].includes(kind) && !Media.isOf(kind, bytes)) {
    return invalid(kind === "pdf" ? "The document has no pages." : "Unable to process input image.")
  }
  const count = kind === "pdf"
    ? 258 * Math.ceil(bytes.length / 65_536)
    : Math.min(1600, Math.max(50, Math.ceil(bytes.length / 40)))
  put(reader, modality, () => reader.tokens.opaque(count, digest(data)))
  return undefined
}

/** Made up: 1120 tokens, whatever is behind the link. */
const addFile = (reader: Reader, file: unknown): Problem | undefined => {
  const uri = stringAt(file, "fileUri") ?? ""
  if (!/^https:\/\/[^/\s]+/.test(uri)) {
    return problem(403, `You do not have permission to access the File ${uri} or it may not exist.`)
  }
  const modality = modalityOf(stringAt(file, "mimeType") ?? "")
  if (isProblem(modality)) return modality
  put(reader, modality, () => reader.tokens.opaque(1120, uri))
  return undefined
}

const partsOf = (turn: unknown, kind: string): ReadonlyArray<JsonObject> =>
  listAt(turn, "parts").flatMap((part) => {
    const found = objectAt(part, kind)
    return found === undefined ? [] : [found]
  })

const turns = (contents: ReadonlyArray<unknown>, model: Model): Problem | undefined => {
  if (contents.length === 0) return invalid("* GenerateContentRequest.contents: contents is not specified")
  for (const [index, turn] of contents.entries()) {
    const role = stringAt(turn, "role")
    if (role !== undefined && role !== "user" && role !== "model") {
      return invalid("Please use a valid role: user, model.")
    }
    if (listAt(turn, "parts").length === 0) {
      return invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`)
    }
    const wrong = answering(turn, contents[index - 1], contents[index + 1])
    if (wrong !== undefined) return wrong
  }
  const last = contents.at(-1)
  if (stringAt(last, "role") === "model") {
    if (partsOf(last, "functionCall").length > 0) return invalid(immediately)
    if (!model.samples) return invalid("Please ensure that multiturn requests end with a user role.")
  }
  return model.signs ? unsignedCall(contents) : undefined
}

const immediately =
  "Please ensure that function call turn comes immediately after a user turn or after a function response turn."

const answering = (turn: unknown, before: unknown, after: unknown): Problem | undefined => {
  const calls = partsOf(turn, "functionCall")
  if (calls.length > 0 && stringAt(turn, "role") === "model") {
    if (stringAt(before, "role") === "model") return invalid(immediately)
    const responses = partsOf(after, "functionResponse")
    if (after !== undefined && responses.length !== calls.length) {
      return invalid(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
          + "function call turn."
      )
    }
  }
  const responses = partsOf(turn, "functionResponse")
  if (responses.length === 0) return undefined
  const asked = partsOf(before, "functionCall")
  if (asked.length === 0) {
    return invalid("Please ensure that function response turn comes immediately after a function call turn.")
  }
  const stray = responses.find((response) =>
    !asked.some((call) =>
      stringAt(call, "name") === stringAt(response, "name")
      && (stringAt(call, "id") === undefined || stringAt(call, "id") === stringAt(response, "id"))
    )
  )
  return stray === undefined
    ? undefined
    : invalid(`Function response ${stringAt(stray, "name")} answers no function call of the turn before.`)
}

/** In the current turn, the first call of each step has a signature. */
const unsignedCall = (contents: ReadonlyArray<unknown>): Problem | undefined => {
  const begun = contents.findLastIndex((turn) =>
    stringAt(turn, "role") !== "model" && partsOf(turn, "functionResponse").length === 0
  )
  for (const turn of contents.slice(begun + 1)) {
    const parts = listAt(turn, "parts")
    const place = parts.findIndex((part) => objectAt(part, "functionCall") !== undefined)
    if (place === -1 || stringAt(parts[place], "thoughtSignature") !== undefined) continue
    const name = stringAt(objectAt(parts[place], "functionCall"), "name")
    return invalid(
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
        + "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function "
        + `call \`default_api:${name}\`, position ${place + 1}.`
    )
  }
  return undefined
}

const askedOf = (contents: ReadonlyArray<unknown>): Pick<Input, "prompt" | "results"> => {
  let prompt = ""
  let results: Array<Input["results"][number]> = []
  for (const turn of contents) {
    if (stringAt(turn, "role") === "model") continue
    const texts = listAt(turn, "parts").flatMap((part) => stringAt(part, "text") ?? [])
    const answers = partsOf(turn, "functionResponse").map((response) => ({
      name: stringAt(response, "name") ?? "",
      output: outputOf(objectAt(response, "response"))
    }))
    if (texts.length > 0) prompt = texts.join("\n")
    results = texts.length > 0 ? answers : [...results, ...answers]
  }
  return { prompt, results }
}

/** The members `output` and `error` have a meaning; without them all of it is the output. */
const outputOf = (response: JsonObject | undefined): string => {
  const output = at(response, "output") ?? at(response, "error") ?? response
  return typeof output === "string" ? output : JSON.stringify(output)
}
