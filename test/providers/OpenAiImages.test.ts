import * as OpenAi from "loom-router/providers/OpenAi"
import { imageContract } from "./imageContract.ts"

imageContract({
  key: "openai",
  apiKeyEnv: "OPENAI_API_KEY",
  providers: (sandbox, options) => ({ openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), ...options }) }),
  model: "gpt-image-2.6-flare",
  size: { asked: { size: "256x144", quality: "low" }, width: 256, height: 144 },
  mediaType: "image/png",
  formats: ["png", "jpeg", "webp"],
  refuses: [
    ["size", { size: "1000x1000" }],
    ["aspectRatio", { size: undefined, aspectRatio: "4:1" }],
    ["quality", { quality: "hd" }],
    ["background", { background: "transparent", format: "jpeg" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["seed", { seed: 7 }],
    ["n", { n: 11 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, quality: { asked: "medium", at: ({ quality }) => quality } },
  native: { options: { moderation: "low" }, at: ({ moderation }) => moderation },
  can: {
    n: "at once",
    edit: { arrived: ({ image, mask }) => [image, mask].flat().filter((file) => file !== undefined).length },
    givesLinks: false,
    mask: true,
    job: false,
    link: false,
    partials: true,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
})
