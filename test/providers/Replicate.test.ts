import * as Replicate from "loom-router/providers/Replicate"
import { imageContract } from "./imageContract.ts"

/** What a model is asked with. */
const at = (name: string) => ({ input }: Readonly<Record<string, unknown>>): unknown =>
  typeof input === "object" && input !== null ? new Map(Object.entries(input)).get(name) : undefined

imageContract({
  key: "replicate",
  apiKeyEnv: "REPLICATE_API_TOKEN",
  providers: (sandbox, options) => ({
    replicate: Replicate.layer({ baseUrl: sandbox.baseUrl("replicate"), ...options })
  }),
  model: "black-forest-labs/flux-schnell",
  size: { asked: { aspectRatio: "16:9" }, width: 1360, height: 768 },
  mediaType: "image/webp",
  formats: ["png", "jpeg", "webp"],
  refuses: [
    ["size", { size: "1024x768", aspectRatio: undefined }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 11 }]
  ],
  wire: { prompt: at("prompt"), seed: at("seed") },
  native: { options: { output_quality: 90 }, at: at("output_quality") },
  can: {
    n: "one by one",
    edit: {
      model: "black-forest-labs/flux-dev",
      arrived: (body) => ["image", "image_prompt"].filter((name) => at(name)(body) !== undefined).length
    },
    givesLinks: true,
    mask: { unsupported: "facts 12: input keys" },
    job: { cancel: true },
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
})
