/**
 * Gemini's image models: `generateContent` that answers with pictures inline.
 *
 * Prices are written by hand (2026-11-23). Made up: how many tokens a picture that is sent along has, and how much
 * `gemini-3-pro-image` thinks. `gemini-nano-banana-2.1` is left out: its id and its tokens are not known.
 */
import * as Door from "../Door.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import type { Alteration, Answer, Incoming, Protocol, World } from "../Protocol.ts"
import { array, byTag, decimal, integer, object, oneOf, type Shape, string } from "../Shape.ts"
import * as Tokens from "../Tokens.ts"
import { charge, usd } from "../images/Charges.ts"
import * as Marks from "../images/Marks.ts"
import * as Pictures from "../images/Pictures.ts"
import * as Gemini from "./Gemini.ts"
import { inBand, invalid, ofIssue } from "./Problem.ts"

interface Model {
  /** Output tokens of a picture, by its size. */
  readonly tokens: Readonly<Record<string, number>>
  readonly tallShapes: boolean
  readonly thinks: boolean
  /** Of a picture that is sent along. */
  readonly inputTokens: number
  /** US dollars per million tokens. */
  readonly input: number
  readonly textOutput: number
  readonly imageOutput: number
}

const third = { tallShapes: true, thinks: false, inputTokens: 560 }

const models: Readonly<Record<string, Model>> = {
  "gemini-2.5-flash-image": {
    tokens: { "1K": 1290 },
    tallShapes: false,
    thinks: false,
    inputTokens: 258,
    input: 0.3,
    textOutput: 2.5,
    imageOutput: 30
  },
  "gemini-3-pro-image": {
    ...third,
    tokens: { "1K": 1120, "2K": 1120, "4K": 2000 },
    thinks: true,
    input: 2,
    textOutput: 12,
    imageOutput: 120
  },
  "gemini-3.1-flash-image": {
    ...third,
    tokens: { "512": 747, "1K": 1120, "2K": 1680, "4K": 2520 },
    input: 0.5,
    textOutput: 3,
    imageOutput: 60
  },
  "gemini-3.1-flash-lite-image": {
    ...third,
    tokens: { "1K": 1120 },
    input: 0.25,
    textOutput: 1.5,
    imageOutput: 30
  }
}

const usualShapes = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
const tallShapes = ["1:4", "4:1", "1:8", "8:1"]

const part: Shape = (value) =>
  (at(value, "text") !== undefined
    ? object({ text: string, thought: () => undefined, thoughtSignature: string })
    : at(value, "inlineData") !== undefined
    ? object({ inlineData: object({ mimeType: string, data: string }, ["mimeType", "data"]), thoughtSignature: string })
    : object({ fileData: object({ mimeType: string, fileUri: string }, ["fileUri"]) }, ["fileData"]))(value)

const shape = object({
  contents: array(
    byTag("role", {
      user: object({ role: string, parts: array(part, { min: 1 }) }, ["parts"]),
      model: object({ role: string, parts: array(part, { min: 1 }) }, ["parts"])
    }, "user"),
    { min: 1 }
  ),
  systemInstruction: object({ role: string, parts: array(part) }),
  safetySettings: array(object({ category: string, threshold: string }, ["category", "threshold"])),
  generationConfig: object({
    responseModalities: array(oneOf("TEXT", "IMAGE")),
    imageConfig: object({ aspectRatio: string, imageSize: string, personGeneration: string }),
    seed: integer(),
    temperature: decimal({ min: 0, max: 2 }),
    topP: decimal({ min: 0, max: 1 }),
    topK: decimal({ min: 1 })
  })
}, ["contents"])

interface Job {
  readonly id: string
  readonly model: Model
  readonly size: string
  readonly ask: Pictures.Ask
  readonly withText: boolean
}

const inputOf = (value: unknown): Pictures.Input | undefined => {
  const inline = objectAt(value, "inlineData")
  if (inline === undefined) {
    const uri = stringAt(objectAt(value, "fileData"), "fileUri") ?? ""
    return Pictures.readInput(uri, ["url"])
  }
  const bytes = Media.decode(stringAt(inline, "data") ?? "")
  return bytes === undefined ? undefined : Pictures.inputOf(bytes)
}

const jobOf = (id: string, model: Model, { body, root }: Door.Generation): Job | Door.Problem => {
  const wrong = shape(body)
  if (wrong !== undefined) return ofIssue(wrong)
  const config = objectAt(body, "generationConfig")
  const modalities = listAt(config, "responseModalities")
  if (modalities.length > 0 && !modalities.includes("IMAGE")) {
    return invalid("The requested combination of response modalities is not supported by the model.")
  }
  const image = objectAt(config, "imageConfig")
  const size = stringAt(image, "imageSize") ?? "1K"
  if (model.tokens[size] === undefined) return invalid(`Image size ${size} is not supported by models/${id}.`)
  const ratio = stringAt(image, "aspectRatio") ?? "1:1"
  if (![...usualShapes, ...model.tallShapes ? tallShapes : []].includes(ratio)) {
    return invalid(`Aspect ratio ${ratio} is not supported by models/${id}.`)
  }
  const parts = listAt(body, "contents").flatMap((content) => listAt(content, "parts"))
  const pictures = parts.filter((value) => stringAt(value, "text") === undefined)
  const inputs = pictures.map(inputOf).filter((input) => input !== undefined)
  if (inputs.length < pictures.length) return invalid("Unable to process input image.")
  const texts = parts.flatMap((value) => stringAt(value, "text") ?? [])
  const edge = size === "512" ? 512 : Number.parseInt(size, 10) * 1024
  return {
    id,
    model,
    size,
    ask: {
      width: edge,
      height: edge,
      ...Pictures.sizeOfRatio(ratio, edge * edge),
      prompt: texts.join("\n"),
      seed: numberAt(config, "seed") ?? root,
      inputs,
      format: "png"
    },
    withText: modalities.includes("TEXT")
  }
}

const answer = (job: Job, requestId: string, { drop }: Alteration): Answer => {
  const { ask, id, model, size, withText } = job
  const marks = Marks.read(ask.prompt)
  const isMade = marks.blocked === undefined && !marks.isEmpty
  const caption = withText && isMade ? "Here is the picture." : marks.isEmpty ? "I can't draw that." : ""
  const thoughts = model.thinks && marks.blocked !== "input" ? "**Composing the picture** It is cloth." : ""
  const promptText = Tokens.count(ask.prompt)
  const promptImage = (ask.inputs?.length ?? 0) * model.inputTokens
  const image = isMade ? model.tokens[size] ?? 0 : 0
  const [text, thought] = [Tokens.count(caption), Tokens.count(thoughts)]
  const details = (...counts: ReadonlyArray<readonly [string, number]>) =>
    counts.flatMap(([modality, tokenCount]) => tokenCount === 0 ? [] : [{ modality, tokenCount }])
  const parts: ReadonlyArray<JsonObject> = [
    ...thoughts === "" ? [] : [{ text: thoughts, thought: true }],
    ...caption === "" ? [] : [{ text: caption }],
    ...isMade ? [{ inlineData: { mimeType: Pictures.contentType(ask), data: Pictures.base64(ask) } }] : []
  ]
  const value = {
    ...(marks.blocked === "input" ? { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } } : {
      candidates: [{
        ...(marks.blocked === "output" ? {} : { content: { role: "model", parts } }),
        finishReason: marks.blocked === "output" ? "IMAGE_SAFETY" : marks.isEmpty ? "NO_IMAGE" : "STOP",
        index: 0
      }]
    }),
    ...(drop?.includes("usage") === true ? {} : {
      usageMetadata: {
        promptTokenCount: promptText + promptImage,
        promptTokensDetails: details(["TEXT", promptText], ["IMAGE", promptImage]),
        ...(image + text === 0 ? {} : {
          candidatesTokenCount: image + text,
          candidatesTokensDetails: details(["IMAGE", image], ["TEXT", text])
        }),
        ...(thought === 0 ? {} : { thoughtsTokenCount: thought }),
        totalTokenCount: promptText + promptImage + image + text + thought
      }
    }),
    modelVersion: id,
    responseId: requestId
  }
  const rate = (perMillion: number) => usd(perMillion / 1_000_000)
  return {
    status: 200,
    headers: Gemini.headers(),
    requestId,
    body: Door.json(value, inBand),
    charge: charge({
      provider: "gemini",
      requestId,
      responseId: requestId,
      model: id,
      text: { tokens: promptText, rate: rate(model.input) },
      textOutput: { tokens: text + thought, rate: rate(model.textOutput) },
      goods: [
        { item: "imageInput", quantity: promptImage, rate: rate(model.input) },
        { item: "imageOutput", quantity: image, rate: rate(model.imageOutput) }
      ]
    })
  }
}

const route = ({ path }: Incoming): Door.Route => {
  const [, id = ""] = pathOfModel.exec(path) ?? []
  return {
    _tag: "Generate",
    step: "submit",
    receive: (generation) => {
      const model = Object.hasOwn(models, id) ? models[id] : undefined
      const job = model === undefined ? invalid(`models/${id} makes no images.`) : jobOf(id, model, generation)
      return Door.isProblem(job) ? job : {
        model: id,
        prompt: job.ask.prompt,
        stream: false,
        answer: (alteration) => answer(job, generation.requestId, alteration)
      }
    }
  }
}

const pathOfModel = /^\/v1(?:beta)?\/models\/([^/:]+):generateContent$/

export const make = (world: World): Protocol => ({
  ...Door.make(world, { ...Gemini.door, route }),
  serves: (path) => Object.hasOwn(models, pathOfModel.exec(path)?.[1] ?? "")
})
