/**
 * Who the sandbox speaks for, by key: vendors with a protocol of their own, those that speak Chat Completions by a
 * record, and those that make pictures, beside text or alone.
 */
import type { Protocol, World } from "./Protocol.ts"
import * as Anthropic from "./anthropic/Anthropic.ts"
import * as Azure from "./azure/Azure.ts"
import * as Bedrock from "./bedrock/Bedrock.ts"
import type { Vendor } from "./chat/Vendor.ts"
import * as Cohere from "./cohere/Cohere.ts"
import * as Gemini from "./gemini/Gemini.ts"
import * as GeminiImages from "./gemini/Images.ts"
import * as MinimaxImages from "./minimax/Images.ts"
import * as Minimax from "./minimax/Minimax.ts"
import * as Mistral from "./mistral/Mistral.ts"
import * as OpenAiImages from "./openai/Images.ts"
import * as OpenAi from "./openai/OpenAi.ts"
import * as Bfl from "./painters/Bfl.ts"
import * as Fal from "./painters/Fal.ts"
import * as GlmImage from "./painters/GlmImage.ts"
import * as HunyuanImage from "./painters/Hunyuan.ts"
import * as Ideogram from "./painters/Ideogram.ts"
import * as Recraft from "./painters/Recraft.ts"
import * as Replicate from "./painters/Replicate.ts"
import * as Seedream from "./painters/Seedream.ts"
import * as Stability from "./painters/Stability.ts"
import * as TogetherImages from "./painters/Together.ts"
import { byteDance } from "./vendors/ByteDance.ts"
import { deepSeek } from "./vendors/DeepSeek.ts"
import { fireworks } from "./vendors/Fireworks.ts"
import { groq } from "./vendors/Groq.ts"
import { hunyuan } from "./vendors/Hunyuan.ts"
import { llamaCpp } from "./vendors/LlamaCpp.ts"
import { moonshot } from "./vendors/Moonshot.ts"
import { ollama } from "./vendors/Ollama.ts"
import { openRouter } from "./vendors/OpenRouter.ts"
import { perplexity } from "./vendors/Perplexity.ts"
import { qwen } from "./vendors/Qwen.ts"
import { together } from "./vendors/Together.ts"
import { vllm } from "./vendors/Vllm.ts"
import { zai } from "./vendors/Zai.ts"
import * as XaiImages from "./xai/Images.ts"
import * as Xai from "./xai/Xai.ts"

export const natives = {
  openai: OpenAi.make,
  anthropic: Anthropic.make,
  bedrock: Bedrock.make,
  cohere: Cohere.make,
  gemini: Gemini.make,
  azure: Azure.make,
  minimax: Minimax.make,
  mistral: Mistral.make,
  xai: Xai.make
} as const satisfies Readonly<Record<string, (world: World) => Protocol>>

export const vendors = {
  deepseek: deepSeek,
  fireworks,
  groq,
  moonshot,
  openrouter: openRouter,
  perplexity,
  qwen,
  bytedance: byteDance,
  hunyuan,
  ollama,
  vllm,
  llamacpp: llamaCpp,
  together,
  zai
} as const satisfies Readonly<Record<string, Vendor>>

/** Those that make pictures and nothing else. */
export const imageVendors = {
  bfl: Bfl.make,
  ideogram: Ideogram.make,
  stability: Stability.make,
  recraft: Recraft.make,
  replicate: Replicate.make,
  fal: Fal.make
} as const satisfies Readonly<Record<string, (world: World) => Protocol>>

/** What makes pictures of those that make text. */
export const images: ReadonlyArray<(world: World) => Protocol> = [
  OpenAiImages.make,
  XaiImages.make,
  GeminiImages.make,
  Seedream.make,
  MinimaxImages.make,
  GlmImage.make,
  HunyuanImage.tokenHub,
  HunyuanImage.cloud,
  TogetherImages.make
]
