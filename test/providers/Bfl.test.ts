import * as Bfl from "loom-router/providers/Bfl"
import { imageContract } from "./imageContract.ts"

imageContract({
  key: "bfl",
  apiKeyEnv: "BFL_API_KEY",
  providers: (sandbox, options) => ({ bfl: Bfl.layer({ baseUrl: sandbox.baseUrl("bfl"), ...options }) }),
  model: "flux-2-pro",
  size: { asked: { size: "208x160" }, width: 208, height: 160 },
  mediaType: "image/jpeg",
  formats: ["png", "jpeg"],
  refuses: [
    ["size", { size: "1000x768" }],
    ["format", { format: "webp" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 11 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, seed: ({ seed }) => seed },
  native: { options: { safety_tolerance: 4 }, at: ({ safety_tolerance }) => safety_tolerance },
  can: {
    n: "one by one",
    edit: { arrived: (body) => Object.keys(body).filter((name) => name.startsWith("input_image")).length },
    givesLinks: true,
    mask: { unsupported: "facts 4: FLUX.2 fields" },
    job: { cancel: false },
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
})
