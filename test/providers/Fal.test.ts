import * as Fal from "loom-router/providers/Fal"
import { imageContract } from "./imageContract.ts"

imageContract({
  key: "fal",
  apiKeyEnv: "FAL_KEY",
  providers: (sandbox, options) => ({ fal: Fal.layer({ baseUrl: sandbox.baseUrl("fal"), ...options }) }),
  model: "fal-ai/flux/dev",
  size: { asked: { size: "208x160" }, width: 208, height: 160 },
  mediaType: "image/jpeg",
  formats: ["png", "jpeg"],
  refuses: [
    ["format", { format: "webp" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 5 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, seed: ({ seed }) => seed },
  native: { options: { guidance_scale: 4 }, at: (body) => body["guidance_scale"] },
  can: {
    n: "at once",
    edit: { model: "fal-ai/flux/dev/image-to-image", arrived: (body) => typeof body["image_url"] === "string" ? 1 : 0 },
    givesLinks: true,
    mask: { unsupported: "facts 13: no model of the catalog takes one" },
    job: { cancel: true },
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    withholdsOne: true,
    repeated: [429, 500, 503]
  }
})
