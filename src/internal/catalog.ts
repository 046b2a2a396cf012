// Made by `npm run catalog` from catalog/*.yaml. Do not edit.
import type { CatalogFile } from "./catalogFile.ts"
import type { Equivalents } from "./equivalents.ts"

export interface ModelIds {
  readonly "anthropic":
    | "claude-fable-5-2"
    | "claude-fable-5-1"
    | "claude-fable-5"
    | "claude-opus-5-5"
    | "claude-opus-5"
    | "claude-opus-4-8"
    | "claude-opus-4-7"
    | "claude-opus-4-6"
    | "claude-opus-4-5"
    | "claude-opus-4-5-20251101"
    | "claude-sonnet-5-5"
    | "claude-sonnet-5"
    | "claude-sonnet-4-6"
    | "claude-sonnet-4-5"
    | "claude-sonnet-4-5-20250929"
    | "claude-haiku-5-5"
    | "claude-haiku-4-5"
    | "claude-haiku-4-5-20251001"
  readonly "azure":
    | "gpt-4o"
    | "gpt-4o-mini"
    | "gpt-4.1"
    | "gpt-4.1-mini"
    | "gpt-5-mini"
    | "gpt-5-nano"
    | "gpt-5.2"
    | "gpt-5.4"
    | "gpt-5.4-mini"
    | "gpt-5.4-nano"
    | "gpt-5.5"
    | "gpt-5.6-luna"
    | "gpt-5.6-sol"
    | "gpt-6-astra"
    | "gpt-6-luna"
    | "gpt-6-sol"
    | "gpt-6.1-sol"
    | "gpt-6.1-terra"
  readonly "bedrock":
    | "amazon.nova-2-lite-v1:0"
    | "global.amazon.nova-2-lite-v1:0"
    | "amazon.nova-micro-v1:0"
    | "amazon.nova-lite-v1:0"
    | "amazon.nova-pro-v1:0"
    | "us.amazon.nova-premier-v1:0"
    | "global.anthropic.claude-haiku-4-5-20251001-v1:0"
    | "global.anthropic.claude-haiku-5-5"
    | "global.anthropic.claude-sonnet-4-6"
    | "global.anthropic.claude-sonnet-5"
    | "global.anthropic.claude-sonnet-5-5"
    | "us.anthropic.claude-sonnet-5-5"
    | "global.anthropic.claude-opus-5-5"
    | "global.anthropic.claude-fable-5-2"
    | "global.openai.gpt-6-luna"
    | "global.openai.gpt-6.1-sol"
    | "us.openai.gpt-6.1-sol"
    | "openai.gpt-oss-120b-1:0"
    | "deepseek.v3.2"
    | "meta.llama3-3-70b-instruct-v1:0"
    | "meta.llama4-maverick-17b-instruct-v1:0"
    | "mistral.mistral-large-3-675b-instruct"
    | "qwen.qwen3-coder-next"
    | "zai.glm-5"
  readonly "bfl":
    | "flux-2-klein-4b"
    | "flux-2-klein-9b"
    | "flux-2-pro"
    | "flux-2-max"
    | "flux-2-flex"
    | "flux-kontext-pro"
    | "flux-kontext-max"
    | "flux-pro-1.1"
    | "flux-pro-1.1-ultra"
    | "flux-dev"
    | "flux-3-image"
    | "flux-3-image-klein"
  readonly "bytedance":
    | "seed-2-1-turbo"
    | "seed-2.0-lite"
    | "seed-2.0-mini"
    | "seed-2.0-code"
    | "seed-1.6-flash"
    | "seedream-4.0"
    | "seedream-4.5"
    | "seedream-5.0-lite"
    | "seedream-5-0-260128"
    | "seedream-5.0-pro"
    | "seedream-5.5"
  readonly "cohere":
    | "command-a-03-2025"
    | "command-a-plus-05-2026"
    | "command-a-reasoning-08-2025"
    | "command-a-vision-07-2025"
    | "command-r-08-2024"
    | "command-r-plus-08-2024"
    | "command-r7b-12-2024"
  readonly "deepseek":
    | "deepseek-flash"
    | "deepseek-v3"
    | "deepseek-v4-flash"
    | "deepseek-v4-flash-vision-exp"
    | "deepseek-v4-pro"
  readonly "fal":
    | "fal-ai/nano-banana-2"
    | "fal-ai/flux/dev"
    | "fal-ai/flux/dev/image-to-image"
    | "fal-ai/flux/schnell"
  readonly "fireworks":
    | "accounts/fireworks/models/deepseek-v4p1-flash"
    | "accounts/fireworks/models/deepseek-v4p1-flash-1017"
    | "accounts/fireworks/models/ember-1"
    | "accounts/fireworks/models/minimax-m3"
    | "accounts/fireworks/models/minimax-m3p1-flash"
    | "accounts/fireworks/models/muse-spark-open"
    | "accounts/fireworks/models/qwen3p8-2p4t-a95b"
    | "accounts/fireworks/models/qwen3p8-max"
    | "accounts/fireworks/models/glm-5p3"
    | "accounts/fireworks/models/glm-5p3-flash"
    | "accounts/fireworks/models/kimi-k3"
    | "accounts/fireworks/models/kimi-k3p1-pro"
    | "accounts/fireworks/routers/glm-5p3-fast"
    | "accounts/fireworks/routers/kimi-k3-fast"
    | "accounts/fireworks/models/gpt-oss-120b"
    | "accounts/fireworks/models/inkling"
  readonly "gemini":
    | "gemini-4-argon"
    | "gemini-3.8-flash"
    | "gemini-3.7-flash"
    | "gemini-3.6-flash"
    | "gemini-3.5-flash"
    | "gemini-3.5-flash-lite"
    | "gemini-3.1-flash-lite"
    | "gemini-3.1-flash-lite-preview"
    | "gemini-3.1-pro-preview"
    | "gemini-3-flash-preview"
    | "gemini-2.5-pro"
    | "gemini-2.5-flash"
    | "gemini-2.5-flash-lite"
    | "gemma-4-31b-it"
    | "gemma-4-26b-a4b-it"
    | "gemini-3-pro-image"
    | "gemini-3-pro-image-preview"
    | "gemini-3.1-flash-image"
    | "gemini-3.1-flash-lite-image"
    | "gemini-2.5-flash-image"
  readonly "groq":
    | "llama-3.1-8b-instant"
    | "llama-3.3-70b-versatile"
    | "openai/gpt-oss-120b"
    | "openai/gpt-oss-20b"
    | "openai/gpt-oss-safeguard-20b"
    | "qwen/qwen3.6-27b"
    | "qwen/qwen3.8-27b"
  readonly "hunyuan":
    | "hy4"
    | "hy4-preview"
    | "hy3"
    | "hy-image-v3.5-preview"
    | "hy-image-v3"
    | "hunyuan-image-3.0"
  readonly "ideogram":
    | "ideogram-4-5"
    | "ideogram-4"
    | "ideogram-3"
  readonly "llamacpp":
    | "any"
  readonly "minimax":
    | "MiniMax-M2.7"
    | "MiniMax-M2.7-highspeed"
    | "MiniMax-M3"
    | "MiniMax-M3.1-Flash"
    | "MiniMax-M2"
    | "MiniMax-M2.1"
    | "MiniMax-M2.5"
    | "MiniMax-M2.5-highspeed"
    | "image-01"
  readonly "mistral":
    | "mistral-large-4"
    | "mistral-large-4-0-8"
    | "mistral-large-2512"
    | "mistral-large"
    | "mistral-large-2411"
    | "mistral-medium-2604"
    | "mistral-medium-3.5"
    | "mistral-medium-2508"
    | "mistral-medium-2505"
    | "mistral-small-2603"
    | "mistral-small-2506"
    | "ministral-14b-2512"
    | "ministral-8b-2512"
    | "ministral-3b-2512"
    | "codestral-2508"
    | "devstral-2512"
    | "magistral-small"
    | "pixtral-12b"
    | "open-mistral-nemo"
    | "zai-glm-5-3"
    | "zai-glm-5-3-flash"
  readonly "moonshot":
    | "kimi-k2.6"
    | "kimi-k2.7-code"
    | "kimi-k2.7-code-highspeed"
    | "kimi-k3"
    | "kimi-k3.1-pro"
    | "kimi-k3.1-pro-highspeed"
  readonly "ollama":
    | "any"
  readonly "openai":
    | "gpt-6.2-astra"
    | "gpt-6.2-sol"
    | "gpt-6.1-sol"
    | "gpt-6.1-terra"
    | "gpt-6-astra"
    | "gpt-6-sol"
    | "gpt-6-luna"
    | "gpt-5.6-sol"
    | "gpt-5.6"
    | "gpt-5.6-terra"
    | "gpt-5.6-luna"
    | "gpt-5.5"
    | "gpt-5.5-pro"
    | "gpt-5.4"
    | "gpt-5.4-pro"
    | "gpt-5.4-mini"
    | "gpt-5.4-nano"
    | "gpt-5.3-codex"
    | "gpt-5.2"
    | "gpt-5.2-pro"
    | "gpt-5.1"
    | "gpt-5"
    | "gpt-5-pro"
    | "gpt-5-mini"
    | "gpt-5-nano"
    | "gpt-4.1"
    | "gpt-4.1-mini"
    | "gpt-4o"
    | "gpt-4o-2024-11-20"
    | "gpt-4o-mini"
    | "o3"
    | "o3-pro"
    | "gpt-image-2.6-sunburst"
    | "gpt-image-2.6-flare"
    | "gpt-image-2.5-sunburst"
    | "gpt-image-2.5-flare"
    | "gpt-image-2"
    | "gpt-image-1.5"
    | "gpt-image-1-mini"
  readonly "openrouter":
    | "anthropic/claude-haiku-5.5"
    | "anthropic/claude-sonnet-5.5"
    | "openai/gpt-6-luna"
    | "openai/gpt-6.1-sol"
    | "google/gemini-3.8-flash"
    | "google/gemini-4-argon"
    | "x-ai/grok-4.7"
    | "deepseek/deepseek-v4.1-flash"
    | "deepseek/deepseek-v4-pro-0813"
    | "tencent/hy4"
    | "bytedance-seed/seed-2-1-turbo"
    | "moonshotai/kimi-k3"
  readonly "perplexity":
    | "sonar-pro"
    | "sonar-deep-research"
    | "sonar"
    | "sonar-reasoning-pro"
  readonly "qwen":
    | "qwen3.8-max"
    | "qwen3.8-flash"
    | "qwen3.7-max"
    | "qwen3.7-plus"
    | "qwen3.6-max-preview"
    | "qwen3.6-plus"
    | "qwen3.6-flash"
    | "qwen3.5-plus"
    | "qwen3.5-397b-a17b"
    | "qwen3.6-35b-a3b"
    | "qwen3-max"
    | "qwen-plus"
    | "qwen-flash"
    | "qwen-turbo"
    | "qwen-max"
    | "qwen3-coder-plus"
    | "qwen3-coder-flash"
    | "qwen3-vl-plus"
    | "qwen3-next-80b-a3b-instruct"
    | "qwen3-next-80b-a3b-thinking"
  readonly "recraft":
    | "recraftv4_1"
    | "recraftv4_1_utility"
    | "recraftv4_1_flash"
    | "recraftv4_1_pro"
    | "recraftv4_1_utility_pro"
    | "recraftv4_1_vector"
    | "recraftv3"
    | "recraftv3_vector"
    | "recraftv2"
    | "recraftv2_vector"
  readonly "replicate":
    | "black-forest-labs/flux-schnell"
    | "black-forest-labs/flux-dev"
    | "black-forest-labs/flux-1.1-pro"
    | "ideogram-ai/ideogram-v3-quality"
  readonly "stability":
    | "stable-image-ultra"
    | "stable-image-core"
    | "sd3.5-large"
    | "sd3.5-large-turbo"
    | "sd3.5-medium"
  readonly "together":
    | "deepseek-ai/DeepSeek-V4-Pro-0813"
    | "deepseek-ai/DeepSeek-V4.1-Flash"
    | "meta-models/Muse-Spark-Open-816B-A42B"
    | "MiniMaxAI/MiniMax-M3"
    | "moonshotai/Kimi-K3"
    | "moonshotai/Kimi-K3.1-Pro"
    | "nvidia/NVIDIA-Nemotron-3.5-Super-VL"
    | "openai/gpt-oss-120b"
    | "Qwen/Qwen3.5-9B"
    | "Qwen/Qwen3.6-Plus"
    | "Qwen/Qwen3.7-Max"
    | "reflection/Beam-1.0-501B-A23B"
    | "thinkingmachines/Inkling"
    | "zai-org/GLM-5.2"
    | "zai-org/GLM-5.3"
    | "zai-org/GLM-5.3-Flash"
    | "Qwen/Qwen2.5-7B-Instruct-Turbo"
    | "openai/gpt-oss-20b"
    | "meta-llama/Llama-3.3-70B-Instruct-Turbo"
    | "moonshotai/Kimi-K2.6"
    | "deepseek-ai/DeepSeek-V4-Flash-0731"
    | "black-forest-labs/FLUX.1-schnell"
    | "black-forest-labs/FLUX.1.1-pro"
    | "black-forest-labs/FLUX.1-kontext-pro"
    | "black-forest-labs/FLUX.1-kontext-max"
    | "black-forest-labs/FLUX.2-pro"
  readonly "vllm":
    | "any"
  readonly "xai":
    | "grok-4.3"
    | "grok-4.5"
    | "grok-4.6"
    | "grok-4.7"
    | "grok-4.20-0309-non-reasoning"
    | "grok-4.20-0309-reasoning"
    | "grok-build-0.1"
    | "grok-imagine-image"
    | "grok-imagine-image-quality"
    | "grok-imagine-image-2.0"
  readonly "zai":
    | "glm-4.7"
    | "glm-5-turbo"
    | "glm-5.2"
    | "glm-5.3"
    | "glm-5.3-flash"
    | "glm-4.5"
    | "glm-4.5-air"
    | "glm-4.5-flash"
    | "glm-4.6"
    | "glm-4.6v"
    | "glm-4.7-flash"
    | "glm-4.7-flashx"
    | "glm-5"
    | "glm-5.1"
    | "glm-5.3-flashx"
    | "glm-5v-turbo"
    | "glm-image"
    | "cogview-4"
}

// oxlint-disable-next-line typescript/no-unsafe-return -- it was checked when it was written
export const files = (): ReadonlyArray<CatalogFile> => JSON.parse(`[
{"provider":{"key":"anthropic","label":"Anthropic","kind":"anthropic","baseUrl":"https://api.anthropic.com","apiKeyEnv":"ANTHROPIC_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000},"regions":{"us":11000,"not_available":10000},"perRequest":{"web_search":10000000000}},"models":[
{"id":"claude-fable-5-2","label":"Claude Fable 5.2","pattern":"^claude-fable-5-2-\\\\d{8}$","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":8000000,"output":40000000,"cachedRead":200000,"cacheWrite":{"5m":10000000,"1h":16000000}},"serviceTiers":{"fast":[{"multiplier":20000}]},"unverified":["cache_write.1h"]}],"confidence":"two-datasets","source":["pi","https://github.com/archid21/rightsize/releases/tag/v0.10.2","fast"],"note":"release date not read; price confirmed by a tracker that reads the vendor page; tools and structured output were not read per model"},
{"id":"claude-fable-5-1","label":"Claude Fable 5.1","pattern":"^claude-fable-5-1-\\\\d{8}$","released":"2026-09-01","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":10000000,"output":50000000,"cachedRead":250000,"cacheWrite":{"5m":12500000,"1h":20000000}}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"claude-fable-5","label":"Claude Fable 5","pattern":"^claude-fable-5-\\\\d{8}$","status":"legacy","released":"2026-06-07","retiresNotBefore":"2027-06-09","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":10000000,"output":50000000,"cachedRead":1000000,"cacheWrite":{"5m":12500000,"1h":20000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-opus-5-5","label":"Claude Opus 5.5","pattern":"^claude-opus-5-5-\\\\d{8}$","released":"2026-09-22","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":4000000,"output":20000000,"cachedRead":200000,"cacheWrite":{"5m":5000000,"1h":8000000}},"serviceTiers":{"fast":[{"multiplier":20000}]}}],"confidence":"two-datasets","source":["pi","md","ge","fast"]},
{"id":"claude-opus-5","label":"Claude Opus 5","pattern":"^claude-opus-5-\\\\d{8}$","released":"2026-07-24","retiresNotBefore":"2027-07-24","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":25000000,"cachedRead":500000,"cacheWrite":{"5m":6250000,"1h":10000000}},"serviceTiers":{"fast":[{"multiplier":20000}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2","fast"]},
{"id":"claude-opus-4-8","label":"Claude Opus 4.8","pattern":"^claude-opus-4-8-\\\\d{8}$","released":"2026-05-28","retiresNotBefore":"2027-05-28","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":25000000,"cachedRead":500000,"cacheWrite":{"5m":6250000,"1h":10000000}},"serviceTiers":{"fast":[{"multiplier":20000}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2","fast"]},
{"id":"claude-opus-4-7","label":"Claude Opus 4.7","pattern":"^claude-opus-4-7-\\\\d{8}$","status":"legacy","released":"2026-04-14","retiresNotBefore":"2027-04-16","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":25000000,"cachedRead":500000,"cacheWrite":{"5m":6250000,"1h":10000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-opus-4-6","label":"Claude Opus 4.6","pattern":"^claude-opus-4-6-\\\\d{8}$","status":"legacy","released":"2026-02-04","retiresNotBefore":"2027-02-05","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":25000000,"cachedRead":500000,"cacheWrite":{"5m":6250000,"1h":10000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-opus-4-5","label":"Claude Opus 4.5","snapshots":["claude-opus-4-5-20251101"],"pattern":"^claude-opus-4-5-\\\\d{8}$","status":"legacy","released":"2025-11-24","retiresNotBefore":"2026-11-24","context":200000,"maxOutput":64000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":25000000,"cachedRead":500000,"cacheWrite":{"5m":6250000,"1h":10000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-sonnet-5-5","label":"Claude Sonnet 5.5","pattern":"^claude-sonnet-5-5-\\\\d{8}$","released":"2026-09-28","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000,"cacheWrite":{"5m":2500000,"1h":4000000}}},{"from":"2026-10-07","rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"5m":2500000,"1h":4000000}}}],"confidence":"two-datasets","source":["pi","ge","https://platform.claude.com/docs/en/models/sonnet-5-5/overview","https://github.com/kurofune/claudit/releases/tag/v1.9.2"],"note":"cache reads were cut from 0.20 to 0.10 on 2026-10-07; older copies of the vendor page still show 0.20; tools and structured output were not read per model"},
{"id":"claude-sonnet-5","label":"Claude Sonnet 5","pattern":"^claude-sonnet-5-\\\\d{8}$","status":"legacy","released":"2026-06-29","retiresNotBefore":"2027-06-30","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000,"cacheWrite":{"5m":2500000,"1h":4000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-sonnet-4-6","label":"Claude Sonnet 4.6","pattern":"^claude-sonnet-4-6-\\\\d{8}$","released":"2026-02-17","retiresNotBefore":"2027-02-17","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000,"cacheWrite":{"5m":3750000,"1h":6000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-sonnet-4-5","label":"Claude Sonnet 4.5","snapshots":["claude-sonnet-4-5-20250929"],"pattern":"^claude-sonnet-4-5-\\\\d{8}$","status":"deprecated","released":"2025-09-29","retires":"2026-11-30","context":200000,"maxOutput":64000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000,"cacheWrite":{"5m":3750000,"1h":6000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-haiku-5-5","label":"Claude Haiku 5.5","pattern":"^claude-haiku-5-5-\\\\d{8}$","released":"2026-10-07","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"5m":125000,"1h":200000}},"tiers":[{"above":100000,"rates":{"input":500000,"output":2500000,"cachedRead":50000,"cacheWrite":{"5m":625000,"1h":1000000}}}],"unverified":["cache_write.1h"]}],"confidence":"vendor-page","source":["pi","https://platform.claude.com/docs/en/models/haiku-5-5/overview"],"note":"tools and structured output were not read per model"},
{"id":"claude-haiku-4-5","label":"Claude Haiku 4.5","snapshots":["claude-haiku-4-5-20251001"],"pattern":"^claude-haiku-4-5-\\\\d{8}$","released":"2025-10-15","retiresNotBefore":"2026-10-15","context":200000,"maxOutput":64000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":5000000,"cachedRead":100000,"cacheWrite":{"5m":1250000,"1h":2000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"claude-opus-4-1-20250805","status":"retired","retires":"2026-08-05","replacement":"claude-opus-5-5"}
]},
{"provider":{"key":"azure","label":"Azure OpenAI","kind":"azure","apiKeyEnv":"AZURE_OPENAI_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"gpt-4o","label":"GPT-4o","pattern":"^gpt-4o-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"legacy","released":"2024-05-13","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2500000,"output":10000000,"cachedRead":1250000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"],"note":"Azure retires it on a day that is not known here"},
{"id":"gpt-4o-mini","label":"GPT-4o mini","pattern":"^gpt-4o-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"legacy","released":"2024-07-18","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":75000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md","ll"],"note":"litellm 0.165/0.66 is the Data Zone or regional price; global deployment 0.15/0.6"},
{"id":"gpt-4.1","label":"GPT-4.1","pattern":"^gpt-4\\\\.1-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"legacy","released":"2025-04-14","context":1047576,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2000000,"output":8000000,"cachedRead":500000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"],"note":"Azure retires it on a day that is not known here"},
{"id":"gpt-4.1-mini","label":"GPT-4.1 mini","pattern":"^gpt-4\\\\.1-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"legacy","released":"2025-04-14","context":1047576,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":400000,"output":1600000,"cachedRead":100000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"],"note":"Azure retires it on a day that is not known here"},
{"id":"gpt-5-mini","label":"GPT-5 Mini","pattern":"^gpt-5-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2025-08-07","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":250000,"output":2000000,"cachedRead":25000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5-nano","label":"GPT-5 Nano","pattern":"^gpt-5-nano-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2025-08-07","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":50000,"output":400000,"cachedRead":5000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.2","label":"GPT-5.2","pattern":"^gpt-5\\\\.2-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2025-12-11","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1750000,"output":14000000,"cachedRead":175000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.4","label":"GPT-5.4","pattern":"^gpt-5\\\\.4-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-05","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2500000,"output":15000000,"cachedRead":250000},"tiers":[{"above":272000,"rates":{"input":5000000,"output":22500000,"cachedRead":500000}}],"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.4-mini","label":"GPT-5.4 Mini","pattern":"^gpt-5\\\\.4-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-17","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":750000,"output":4500000,"cachedRead":75000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.4-nano","label":"GPT-5.4 Nano","pattern":"^gpt-5\\\\.4-nano-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-17","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":200000,"output":1250000,"cachedRead":20000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.5","label":"GPT-5.5","pattern":"^gpt-5\\\\.5-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-04-24","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":30000000,"cachedRead":500000},"tiers":[{"above":272000,"rates":{"input":10000000,"output":45000000,"cachedRead":1000000}}],"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"gpt-5.6-luna","label":"GPT-5.6 Luna","pattern":"^gpt-5\\\\.6-luna-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-07-09","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":200000,"output":1200000,"cachedRead":20000,"cacheWrite":{"30m":250000}},"tiers":[{"above":272000,"rates":{"input":400000,"output":1800000,"cachedRead":40000,"cacheWrite":{"30m":500000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md","ll"],"note":"litellm 2026-08-01 predates the cut for Azure"},
{"id":"gpt-5.6-sol","label":"GPT-5.6 Sol","pattern":"^gpt-5\\\\.6-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-07-09","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":4000000,"output":20000000,"cachedRead":400000,"cacheWrite":{"30m":5000000}},"tiers":[{"above":272000,"rates":{"input":8000000,"output":30000000,"cachedRead":800000,"cacheWrite":{"30m":10000000}}}],"unverified":["batch"]}],"confidence":"disputed","source":["pi","md","ll"],"note":"as openai/gpt-5.6-sol: promotional price, re-check"},
{"id":"gpt-6-astra","label":"GPT-6 Astra","pattern":"^gpt-6-astra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-04","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":10000000,"output":50000000,"cachedRead":1000000,"cacheWrite":{"30m":12500000}},"tiers":[{"above":272000,"rates":{"input":20000000,"output":75000000,"cachedRead":2000000,"cacheWrite":{"30m":25000000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"gpt-6-luna","label":"GPT-6 Luna","pattern":"^gpt-6-luna-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"30m":125000}},"tiers":[{"above":272000,"rates":{"input":200000,"output":750000,"cachedRead":20000,"cacheWrite":{"30m":250000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"gpt-6-sol","label":"GPT-6 Sol","pattern":"^gpt-6-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000,"cacheWrite":{"30m":2500000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":400000,"cacheWrite":{"30m":5000000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"gpt-6.1-sol","label":"GPT-6.1 Sol","pattern":"^gpt-6\\\\.1-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","context":1050000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"30m":2500000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":200000,"cacheWrite":{"30m":5000000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"gpt-6.1-terra","label":"GPT-6.1 Terra","pattern":"^gpt-6\\\\.1-terra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","context":1050000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":5000000,"cachedRead":50000,"cacheWrite":{"30m":1250000}},"tiers":[{"above":272000,"rates":{"input":2000000,"output":7500000,"cachedRead":100000,"cacheWrite":{"30m":2500000}}}],"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"text-embedding-3-small","label":"text-embedding-3-small","modality":"embedding","context":8191,"prices":[{"rates":{"input":20000}}],"confidence":"one-dataset","source":["ll"]},
{"id":"text-embedding-3-large","label":"text-embedding-3-large","modality":"embedding","context":8191,"prices":[{"rates":{"input":130000}}],"confidence":"one-dataset","source":["ll"]}
]},
{"provider":{"key":"bedrock","label":"Amazon Bedrock","kind":"bedrock","apiKeyEnv":"AWS_BEARER_TOKEN_BEDROCK","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"amazon.nova-2-lite-v1:0","label":"Nova 2 Lite","released":"2025-12-02","context":1000000,"maxOutput":65535,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":330000,"output":2750000,"cachedRead":82500,"cacheWrite":{"5m":330000}}}],"confidence":"one-dataset","source":["pi","md","ll"],"note":"0.33/2.75 is the in-region price, 0.30/2.50 the global one"},
{"id":"global.amazon.nova-2-lite-v1:0","label":"Nova 2 Lite (Global)","released":"2025-12-02","context":1000000,"maxOutput":65535,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":2500000,"cachedRead":75000,"cacheWrite":{"5m":300000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"amazon.nova-micro-v1:0","label":"Nova Micro","released":"2024-12-03","context":128000,"maxOutput":10000,"capabilities":{"tools":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":35000,"output":140000,"cachedRead":8750,"cacheWrite":{"5m":35000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"amazon.nova-lite-v1:0","label":"Nova Lite","released":"2024-12-03","context":300000,"maxOutput":10000,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":60000,"output":240000,"cachedRead":15000,"cacheWrite":{"5m":60000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"amazon.nova-pro-v1:0","label":"Nova Pro","released":"2024-12-03","context":300000,"maxOutput":10000,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":800000,"output":3200000,"cachedRead":200000,"cacheWrite":{"5m":800000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"us.amazon.nova-premier-v1:0","label":"Nova Premier (US)","status":"legacy","released":"2025-04-30","context":1000000,"maxOutput":10000,"capabilities":{"tools":true,"vision":true,"pdf":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2500000,"output":12500000,"cachedRead":625000,"cacheWrite":{"5m":2500000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"],"note":"the feeds call it deprecated; no date of its end was read"},
{"id":"global.anthropic.claude-haiku-4-5-20251001-v1:0","label":"Claude Haiku 4.5 (Global)","released":"2025-10-15","context":200000,"maxOutput":64000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":5000000,"cachedRead":100000,"cacheWrite":{"5m":1250000,"1h":2000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"global.anthropic.claude-haiku-5-5","label":"Claude Haiku 5.5 (Global)","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"5m":125000,"1h":200000}},"tiers":[{"above":100000,"rates":{"input":500000,"output":2500000,"cachedRead":50000,"cacheWrite":{"5m":625000,"1h":1000000}}}],"unverified":["cache_write.1h"]}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"global.anthropic.claude-sonnet-4-6","label":"Claude Sonnet 4.6 (Global)","released":"2026-02-17","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000,"cacheWrite":{"5m":3750000,"1h":6000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"global.anthropic.claude-sonnet-5","label":"Claude Sonnet 5 (Global)","released":"2026-06-30","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000,"cacheWrite":{"5m":2500000,"1h":4000000}}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"global.anthropic.claude-sonnet-5-5","label":"Claude Sonnet 5.5 (Global)","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"5m":2500000,"1h":4000000}},"unverified":["cache_write.1h"]}],"confidence":"two-datasets","source":["pi","ge"],"note":"structured output was not read"},
{"id":"us.anthropic.claude-sonnet-5-5","label":"Claude Sonnet 5.5 (US)","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2200000,"output":11000000,"cachedRead":110000,"cacheWrite":{"5m":2750000,"1h":4400000}},"unverified":["cache_write.1h"]}],"confidence":"two-datasets","source":["pi","ge"],"note":"structured output was not read"},
{"id":"global.anthropic.claude-opus-5-5","label":"Claude Opus 5.5 (Global)","released":"2026-09-22","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":4000000,"output":20000000,"cachedRead":200000,"cacheWrite":{"5m":5000000,"1h":8000000}}}],"confidence":"two-datasets","source":["pi","md","ge"],"note":"structured output was not read"},
{"id":"global.anthropic.claude-fable-5-2","label":"Claude Fable 5.2 (Global)","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":8000000,"output":40000000,"cachedRead":200000,"cacheWrite":{"5m":10000000,"1h":16000000}},"unverified":["cache_write.1h"]}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"global.openai.gpt-6-luna","label":"GPT-6 Luna (Global)","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"5m":125000}},"tiers":[{"above":272000,"rates":{"input":200000,"output":750000,"cachedRead":20000,"cacheWrite":{"5m":250000}}}]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"global.openai.gpt-6.1-sol","label":"GPT-6.1 Sol (Global)","context":1050000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"5m":2500000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":200000,"cacheWrite":{"5m":5000000}}}]}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"us.openai.gpt-6.1-sol","label":"GPT-6.1 Sol (US)","context":1050000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2200000,"output":11000000,"cachedRead":110000,"cacheWrite":{"5m":2750000}},"tiers":[{"above":272000,"rates":{"input":4400000,"output":16500000,"cachedRead":220000,"cacheWrite":{"5m":5500000}}}]}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"openai.gpt-oss-120b-1:0","label":"gpt-oss-120b","released":"2025-08-05","context":131072,"maxOutput":128000,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":150000,"output":600000}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"deepseek.v3.2","label":"DeepSeek V3.2","released":"2025-12-01","context":163840,"maxOutput":81920,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":620000,"output":1850000}}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"meta.llama3-3-70b-instruct-v1:0","label":"Llama 3.3 70B Instruct","released":"2024-12-06","context":128000,"maxOutput":4096,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":720000,"output":720000}}],"confidence":"two-datasets","source":["pi","md","ll","ge"],"note":"structured output was not read"},
{"id":"meta.llama4-maverick-17b-instruct-v1:0","label":"Llama 4 Maverick 17B Instruct","released":"2025-04-05","context":1000000,"maxOutput":8192,"capabilities":{"tools":true,"vision":true,"batch":true,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":240000,"output":970000}}],"confidence":"two-datasets","source":["pi","md","ll","ge"],"note":"structured output was not read"},
{"id":"mistral.mistral-large-3-675b-instruct","label":"Mistral Large 3","released":"2025-12-02","context":262144,"maxOutput":8192,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"batch":true,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":500000,"output":1500000}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"qwen.qwen3-coder-next","label":"Qwen3 Coder Next","released":"2026-02-03","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"structuredOutput":true,"batch":true,"vision":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":500000,"output":1200000}}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"zai.glm-5","label":"GLM-5","released":"2026-02-12","context":202752,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":1000000,"output":3200000}}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"amazon.nova-canvas-v1:0","modality":"image","status":"retired","retires":"2026-09-30"}
]},
{"provider":{"key":"bfl","label":"Black Forest Labs","kind":"bfl","baseUrl":"https://api.bfl.ai/v1","apiKeyEnv":"BFL_API_KEY","checked":"2026-11-23"},"models":[
{"id":"flux-2-klein-4b","label":"FLUX.2 [klein] 4B","modality":"image","released":"2026-01-15","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":14000000000,"further":1000000000},"perInputImage":1000000000}],"confidence":"vendor-page","source":["pricing","skill","md"]},
{"id":"flux-2-klein-9b","label":"FLUX.2 [klein] 9B","modality":"image","released":"2026-01-15","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":15000000000,"further":2000000000},"perInputImage":2000000000}],"confidence":"vendor-page","source":["pricing","skill","md"]},
{"id":"flux-2-pro","label":"FLUX.2 [pro]","modality":"image","released":"2025-11-25","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":30000000000,"further":15000000000},"perInputImage":15000000000}],"confidence":"vendor-page","source":["pricing","skill","md"]},
{"id":"flux-2-max","label":"FLUX.2 [max]","modality":"image","released":"2025-12-16","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":70000000000,"further":30000000000},"perInputImage":30000000000}],"confidence":"vendor-page","source":["pricing","skill","md"],"note":"the pricing page quotes \\"from\\" prices; that of input is from the table of the vendor's skill"},
{"id":"flux-2-flex","label":"FLUX.2 [flex]","modality":"image","released":"2025-11-25","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":50000000000,"further":50000000000},"perInputImage":50000000000}],"confidence":"vendor-page","source":["pricing","skill","md"],"note":"the pricing page quotes \\"from\\" prices; that of input is from the table of the vendor's skill"},
{"id":"flux-kontext-pro","label":"FLUX.1 Kontext [pro]","modality":"image","released":"2025-05-29","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"two-datasets","source":["ll","pk"]},
{"id":"flux-kontext-max","label":"FLUX.1 Kontext [max]","modality":"image","released":"2025-05-29","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":80000000000}]}],"confidence":"two-datasets","source":["ll","pk"]},
{"id":"flux-pro-1.1","label":"FLUX1.1 [pro]","modality":"image","released":"2024-10-02","prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"two-datasets","source":["ll","pk"],"note":"takes pictures as image_prompt only, which is native"},
{"id":"flux-pro-1.1-ultra","label":"FLUX1.1 [pro] ultra","modality":"image","released":"2024-11-01","prices":[{"perImage":[{"rate":60000000000}]}],"confidence":"two-datasets","source":["ll","pk"],"note":"takes pictures as image_prompt only, which is native"},
{"id":"flux-dev","label":"FLUX.1 [dev]","modality":"image","prices":[{"perImage":[{"rate":25000000000}]}],"confidence":"one-dataset","source":["ll","pk"]},
{"id":"flux-3-image","label":"FLUX 3 Image","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":48000000000,"maxPixels":589824}],"unverified":["per_image"]}],"confidence":"reseller","source":["pi","https://vercel.com/ai-gateway/models/flux-3-image.md"],"note":"five classes of resolution, 768x768 to 4K, each with a price of its own: of the table only the lowest was read, at a reseller"},
{"id":"flux-3-image-klein","label":"FLUX 3 Image [klein]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":9000000000,"maxPixels":1048576},{"rate":14000000000,"maxPixels":4194304},{"rate":36000000000,"maxPixels":16777216}],"unverified":["per_image"]}],"confidence":"reseller","source":["https://vercel.com/ai-gateway/models/flux-3-image-klein.md","https://muapi.ai/zh/flux-klein"],"note":"prices of 1K, 2K and 4K at a reseller: read as squares of that side"}
]},
{"provider":{"key":"bytedance","label":"ByteDance Seed","kind":"bytedance","baseUrl":"https://ark.ap-southeast.bytepluses.com/api/v3","apiKeyEnv":"ARK_API_KEY","checked":"2026-11-23"},"models":[
{"id":"seed-2-1-turbo","label":"Seed 2.1 Turbo","pattern":"^seed-2-1-turbo-\\\\d{6}$","context":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true},"prices":[{"rates":{"input":500000,"output":2500000}}],"confidence":"reseller","source":["pi"],"note":"The name with its date is needed, and unverified"},
{"id":"seed-2.0-lite","label":"Seed 2.0 Lite","upstream":"seed-2-0-lite","pattern":"^seed-2-0-lite-\\\\d{6}$","context":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true},"prices":[{"rates":{"input":250000,"output":2000000}}],"confidence":"reseller","source":["pi"],"note":"The name with its date is needed, and unverified"},
{"id":"seed-2.0-mini","label":"Seed 2.0 Mini","upstream":"seed-2-0-mini","pattern":"^seed-2-0-mini-\\\\d{6}$","context":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true},"prices":[{"rates":{"input":100000,"output":400000}}],"confidence":"reseller","source":["pi"],"note":"The name with its date is needed, and unverified"},
{"id":"seed-2.0-code","label":"Seed 2.0 Code","upstream":"seed-2-0-code","pattern":"^seed-2-0-code-\\\\d{6}$","context":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true},"prices":[{"rates":{"input":500000,"output":3000000}}],"confidence":"reseller","source":["pi"],"note":"The name with its date is needed, and unverified"},
{"id":"seed-1.6-flash","label":"Seed 1.6 Flash","upstream":"seed-1-6-flash","pattern":"^seed-1-6-flash-\\\\d{6}$","context":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true},"prices":[{"rates":{"input":75000,"output":300000}}],"confidence":"reseller","source":["pi"],"note":"The name with its date is needed, and unverified"},
{"id":"seedream-4.0","label":"Seedream 4.0","upstream":"seedream-4-0-250828","modality":"image","released":"2025-09-09","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":30000000000}]}],"confidence":"two-datasets","source":["pk","md","https://vercel.com/ai-gateway/models/seedream-4.0/faq"]},
{"id":"seedream-4.5","label":"Seedream 4.5","upstream":"seedream-4-5-251128","modality":"image","released":"2025-12-03","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"one-dataset","source":["pk","md"]},
{"id":"seedream-5.0-lite","label":"Seedream 5.0 Lite","upstream":"seedream-5-0-lite-260128","snapshots":["seedream-5-0-260128"],"modality":"image","released":"2026-02-13","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":35000000000}]}],"confidence":"one-dataset","source":["pk","md"]},
{"id":"seedream-5.0-pro","label":"Seedream 5.0 Pro","upstream":"dola-seedream-5-0-pro-260628","modality":"image","released":"2026-07-11","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":45000000000,"maxPixels":2609999},{"rate":90000000000}],"unverified":["per_image"]}],"confidence":"reseller","source":["cu"],"note":"ComfyUI charges 0.003 more for each further picture to start from; that of 1K is another reseller's too"},
{"id":"seedream-5.5","label":"Seedream 5.5","upstream":"seedream-5-5-261028","modality":"image","released":"2026-10-28","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":20000000000,"maxPixels":2601123},{"rate":35000000000}],"perInputImage":8000000000}],"confidence":"reseller","source":["https://docs.apiyi.com/en/api-capabilities/seedream-image/seedream-5-5-pricing.md"],"note":"The reseller says that these are BytePlus's own prices; the day of release is inferred from the name"}
]},
{"provider":{"key":"cohere","label":"Cohere","kind":"cohere","baseUrl":"https://api.cohere.com","apiKeyEnv":"CO_API_KEY","checked":"2026-11-23"},"models":[
{"id":"command-a-03-2025","label":"Command A","released":"2025-03-13","context":256000,"maxOutput":8000,"capabilities":{"tools":true,"vision":false,"reasoning":false,"pdf":false},"prices":[{"rates":{"input":2500000,"output":10000000}}],"confidence":"two-datasets","source":["md","ll","ge"],"note":"structured output was not read"},
{"id":"command-a-plus-05-2026","label":"Command A Plus","released":"2026-05-20","context":128000,"maxOutput":64000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"pdf":false},"prices":[{"rates":{"input":2500000,"output":10000000}}],"confidence":"one-dataset","source":["md"]},
{"id":"command-a-reasoning-08-2025","label":"Command A Reasoning","released":"2025-08-21","context":256000,"maxOutput":32000,"capabilities":{"tools":true,"reasoning":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":2500000,"output":10000000}}],"confidence":"one-dataset","source":["md"],"note":"structured output was not read"},
{"id":"command-a-vision-07-2025","label":"Command A Vision","released":"2025-07-31","context":128000,"maxOutput":8000,"capabilities":{"vision":true,"tools":false,"reasoning":false,"pdf":false},"prices":[{"rates":{"input":2500000,"output":10000000}}],"confidence":"one-dataset","source":["md"],"note":"structured output was not read"},
{"id":"command-r-08-2024","label":"Command R","status":"legacy","released":"2024-08-30","context":128000,"maxOutput":4000,"capabilities":{"tools":true,"vision":false,"reasoning":false,"pdf":false},"prices":[{"rates":{"input":150000,"output":600000}}],"confidence":"two-datasets","source":["md","ll","ge"],"note":"structured output was not read"},
{"id":"command-r-plus-08-2024","label":"Command R+","status":"legacy","released":"2024-08-30","context":128000,"maxOutput":4000,"capabilities":{"tools":true,"vision":false,"reasoning":false,"pdf":false},"prices":[{"rates":{"input":2500000,"output":10000000}}],"confidence":"two-datasets","source":["md","ll","ge"],"note":"structured output was not read"},
{"id":"command-r7b-12-2024","label":"Command R7B","released":"2024-12-02","context":128000,"maxOutput":4000,"capabilities":{"tools":true,"vision":false,"reasoning":false,"pdf":false},"prices":[{"rates":{"input":37500,"output":150000}}],"confidence":"two-datasets","source":["md","ll","ge"],"note":"structured output was not read"},
{"id":"embed-v4.0","modality":"embedding","context":128000,"dimensions":1536,"prices":[{"rates":{"input":120000}}],"confidence":"two-datasets","source":["ge","ll"]}
]},
{"provider":{"key":"deepseek","label":"DeepSeek","kind":"deepseek","baseUrl":"https://api.deepseek.com","apiKeyEnv":"DEEPSEEK_API_KEY","checked":"2026-11-23"},"models":[
{"id":"deepseek-flash","label":"DeepSeek V4.1 Flash","aliases":["deepseek-v3","deepseek-v4-flash","deepseek-v4-flash-vision-exp"],"released":"2026-09-10","context":1000000,"maxOutput":393216,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":3000},"windows":[{"days":[1,2,3,4,5],"ranges":[[60,240],[360,600]],"multiplier":20000,"except":[20721,20727,20728,20731,20732,20733,20819]}],"unverified":["windows.except"]}],"confidence":"vendor-page","source":["pi","md","https://api-docs.deepseek.com/quick_start/pricing"],"note":"base price is the off-peak one; peak is 2x. pi lists the peak price, models.dev the off-peak one"},
{"id":"deepseek-v4-pro","label":"DeepSeek V4 Pro","released":"2026-08-12","context":1000000,"maxOutput":393216,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":660000,"output":1980000,"cachedRead":22000},"windows":[{"days":[1,2,3,4,5],"ranges":[[60,240],[360,600]],"multiplier":20000,"except":[20721,20727,20728,20731,20732,20733,20819]}],"unverified":["windows.except"]}],"confidence":"vendor-page","source":["pi","md","ll","ge","https://api-docs.deepseek.com/quick_start/pricing","l2"],"note":"base price is the off-peak one; peak is 2x. models.dev 2026-09-28 and litellm 2026-08-01 still hold the flat price from before 2026-08-16"}
]},
{"provider":{"key":"fal","label":"fal.ai","kind":"fal","baseUrl":"https://queue.fal.run","apiKeyEnv":"FAL_KEY","checked":"2026-11-23"},"models":[
{"id":"fal-ai/nano-banana-2","label":"Nano Banana 2","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":80000000000}]}],"confidence":"reseller","source":["reseller"],"note":"of an image of 1K"},
{"id":"fal-ai/flux/dev","label":"FLUX.1 [dev]","modality":"image","capabilities":{"edit":false},"prices":[{"perMegapixel":{"first":25000000000,"further":25000000000}}],"confidence":"unverified","source":["memory"]},
{"id":"fal-ai/flux/dev/image-to-image","label":"FLUX.1 [dev], image to image","modality":"image","capabilities":{"edit":true},"prices":[{"perMegapixel":{"first":30000000000,"further":30000000000}}],"confidence":"unverified","source":["memory"]},
{"id":"fal-ai/flux/schnell","label":"FLUX.1 [schnell]","modality":"image","capabilities":{"edit":false},"prices":[{"perMegapixel":{"first":3000000000,"further":3000000000}}],"confidence":"unverified","source":["memory"]}
]},
{"provider":{"key":"fireworks","label":"Fireworks AI","kind":"fireworks","baseUrl":"https://api.fireworks.ai/inference/v1","apiKeyEnv":"FIREWORKS_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"accounts/fireworks/models/deepseek-v4p1-flash","label":"DeepSeek V4.1 Flash","released":"2026-09-10","context":1000000,"maxOutput":384000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":6000}}],"confidence":"one-dataset","source":["pi","md"],"note":"0.22/0.66 on 2026-09-28, 0.3/1.2 on 2026-11-10: price rose or a launch discount ended"},
{"id":"accounts/fireworks/models/deepseek-v4p1-flash-1017","label":"DeepSeek V4.1 Flash 1017","context":1000000,"maxOutput":384000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":6000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"accounts/fireworks/models/ember-1","label":"Ember-1","released":"2026-09-22","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/models/minimax-m3","label":"MiniMax-M3","released":"2026-06-12","context":512000,"maxOutput":512000,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":60000}}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"accounts/fireworks/models/minimax-m3p1-flash","label":"MiniMax-M3.1-Flash","context":1000000,"maxOutput":512000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":15000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"accounts/fireworks/models/muse-spark-open","label":"Muse Spark Open","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":4250000,"cachedRead":150000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"accounts/fireworks/models/qwen3p8-2p4t-a95b","label":"Qwen3.8 2.4T A95B","released":"2026-08-12","context":262144,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":250000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/models/qwen3p8-max","label":"Qwen3.8 Max","released":"2026-08-03","context":262144,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":250000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/models/glm-5p3","label":"GLM 5.3","released":"2026-08-14","context":1048573,"maxOutput":262144,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/models/glm-5p3-flash","label":"GLM 5.3 Flash","released":"2026-08-26","context":1048573,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":500000,"cachedRead":30000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/models/kimi-k3","label":"Kimi K3","released":"2026-07-27","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"accounts/fireworks/models/kimi-k3p1-pro","label":"Kimi K3.1 Pro","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"accounts/fireworks/routers/glm-5p3-fast","label":"GLM 5.3 Fast","released":"2026-08-28","context":1048572,"maxOutput":262144,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":2100000,"output":6600000,"cachedRead":390000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"accounts/fireworks/routers/kimi-k3-fast","label":"Kimi K3 Fast","released":"2026-07-27","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":4500000,"output":22500000,"cachedRead":450000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"accounts/fireworks/models/gpt-oss-120b","label":"GPT OSS 120B","released":"2025-08-05","context":131072,"maxOutput":32768,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":15000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"accounts/fireworks/models/inkling","label":"Inkling","released":"2026-07-15","context":1048576,"maxOutput":1048576,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":4050000,"cachedRead":170000}}],"confidence":"two-datasets","source":["md","ge"]}
]},
{"provider":{"key":"gemini","label":"Google Gemini","kind":"gemini","baseUrl":"https://generativelanguage.googleapis.com","apiKeyEnv":"GOOGLE_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000},"serviceTiers":{"flex":[{"multiplier":5000}],"priority":[{"multiplier":18000}]}},"models":[
{"id":"gemini-4-argon","label":"Gemini 4 Argon","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000},"perRequest":{"web_search":14000000000}},{"from":"2026-12-01","rates":{"input":4000000,"output":20000000,"cachedRead":200000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","argon","https://github.com/BerriAI/litellm/discussions/46238"],"note":"release date not read; implicit caching only; 65536 tokens a request (32768 by pi, which is the limit of requests that do not stream), more by continuation; structured output was not read per model"},
{"id":"gemini-3.8-flash","label":"Gemini 3.8 Flash","released":"2026-09-02","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":750000,"output":3750000,"cachedRead":75000,"audioInput":750000},"perRequest":{"web_search":14000000000},"storage":500000},{"from":"2027-01-01","rates":{"input":1500000,"output":7500000,"cachedRead":150000},"perRequest":{"web_search":14000000000},"storage":500000,"note":"the price of audio from then on was not read"}],"confidence":"vendor-page","source":["pi","md","ge","pricing"],"note":"introductory price through 2026-12-31"},
{"id":"gemini-3.7-flash","label":"Gemini 3.7 Flash","released":"2026-08-13","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":750000,"output":3750000,"cachedRead":75000,"audioInput":750000},"perRequest":{"web_search":14000000000},"storage":500000},{"from":"2027-01-01","rates":{"input":1500000,"output":7500000,"cachedRead":150000},"perRequest":{"web_search":14000000000},"storage":500000,"note":"the price of audio from then on was not read"}],"confidence":"two-datasets","source":["pi","md","ge","l2"],"note":"introductory price through 2026-12-31"},
{"id":"gemini-3.6-flash","label":"Gemini 3.6 Flash","released":"2026-07-21","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":750000,"output":3750000,"cachedRead":75000,"audioInput":750000},"perRequest":{"web_search":14000000000},"storage":500000},{"from":"2027-01-01","rates":{"input":1500000,"output":7500000,"cachedRead":150000},"perRequest":{"web_search":14000000000},"storage":500000,"note":"the price of audio from then on was not read"}],"confidence":"two-datasets","source":["pi","md","ge","l2"],"note":"introductory price through 2026-12-31; ll holds the later one, and with it 7.5 for reasoning, which is left out"},
{"id":"gemini-3.5-flash","label":"Gemini 3.5 Flash","released":"2026-05-19","retiresNotBefore":"2027-05-19","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1500000,"output":9000000,"cachedRead":150000,"audioInput":1500000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gemini-3.5-flash-lite","label":"Gemini 3.5 Flash-Lite","released":"2026-07-21","retiresNotBefore":"2027-07-21","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":2500000,"cachedRead":30000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gemini-3.1-flash-lite","label":"Gemini 3.1 Flash-Lite","released":"2026-05-07","retiresNotBefore":"2027-05-07","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":250000,"output":1500000,"cachedRead":25000,"audioInput":500000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gemini-3.1-flash-lite-preview","label":"Gemini 3.1 Flash-Lite Preview","status":"legacy","released":"2026-03-03","replacement":"gemini-3.1-flash-lite","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":250000,"output":1500000,"cachedRead":25000,"audioInput":500000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"deprecated, without a day that was read"},
{"id":"gemini-3.1-pro-preview","label":"Gemini 3.1 Pro Preview","status":"preview","released":"2026-02-19","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":12000000,"cachedRead":200000},"tiers":[{"above":200000,"rates":{"input":4000000,"output":18000000,"cachedRead":400000}}],"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gemini-3-flash-preview","label":"Gemini 3 Flash Preview","status":"preview","released":"2025-12-17","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":500000,"output":3000000,"cachedRead":50000,"audioInput":1000000},"perRequest":{"web_search":14000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gemini-2.5-pro","label":"Gemini 2.5 Pro","status":"deprecated","released":"2025-06-17","retires":"2026-12-01","replacement":"gemini-3.8-flash","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":10000000,"cachedRead":125000},"tiers":[{"above":200000,"rates":{"input":2500000,"output":15000000,"cachedRead":250000}}],"perRequest":{"web_search":35000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2","deprecations"],"note":"from 2026-12-01 the name is answered by gemini-3.8-flash at its price"},
{"id":"gemini-2.5-flash","label":"Gemini 2.5 Flash","status":"deprecated","released":"2025-06-17","retires":"2026-12-01","replacement":"gemini-3.5-flash-lite","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":2500000,"cachedRead":30000,"audioInput":1000000},"perRequest":{"web_search":35000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2","deprecations"],"note":"from 2026-12-01 the name is answered by gemini-3.5-flash-lite at its price"},
{"id":"gemini-2.5-flash-lite","label":"Gemini 2.5 Flash-Lite","released":"2025-06-17","retiresNotBefore":"2026-10-20","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":400000,"cachedRead":10000,"audioInput":300000},"perRequest":{"web_search":35000000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"stays until further notice, by the page of deprecations as quoted 2026-11-10"},
{"id":"gemma-4-31b-it","label":"Gemma 4 31B IT","released":"2026-04-02","context":262144,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":false,"batch":false},"prices":[{"free":true,"batch":false}],"confidence":"one-dataset","source":["pi","md","ge"]},
{"id":"gemma-4-26b-a4b-it","label":"Gemma 4 26B A4B IT","released":"2026-04-02","context":262144,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":false,"batch":false},"prices":[{"free":true,"batch":false}],"confidence":"one-dataset","source":["pi","md","ge"]},
{"id":"gemini-3-pro-image","label":"Gemini 3 Pro Image","aliases":["gemini-3-pro-image-preview"],"modality":"image","released":"2026-05-28","context":65536,"maxOutput":32768,"capabilities":{"edit":true},"prices":[{"rates":{"input":2000000,"output":12000000,"imageInput":2000000,"imageOutput":120000000},"perRequest":{"web_search":14000000000},"note":"a picture is 1120 tokens up to 2K, 2000 at 4K"}],"confidence":"vendor-page","source":["ge","ll","md","pk","pricing"]},
{"id":"gemini-3.1-flash-image","label":"Gemini 3.1 Flash Image","modality":"image","released":"2026-05-28","context":131072,"maxOutput":32768,"capabilities":{"edit":true},"prices":[{"rates":{"input":500000,"output":3000000,"imageInput":500000,"imageOutput":60000000},"perRequest":{"web_search":14000000000},"note":"a picture is 1120 tokens at 1K"}],"confidence":"two-datasets","source":["ge","pk","md"],"note":"ll has 0.25 and 1.5 under the key of this provider, and these under another"},
{"id":"gemini-3.1-flash-lite-image","label":"Gemini 3.1 Flash-Lite Image","modality":"image","released":"2026-06-30","context":65536,"maxOutput":4096,"capabilities":{"edit":true},"prices":[{"rates":{"input":250000,"output":1500000,"imageInput":250000,"imageOutput":30000000}}],"confidence":"two-datasets","source":["ge","md","pk"]},
{"id":"gemini-2.5-flash-image","label":"Gemini 2.5 Flash Image","modality":"image","status":"legacy","released":"2025-08-26","retiresNotBefore":"2026-10-02","context":32768,"maxOutput":32768,"capabilities":{"edit":true},"prices":[{"rates":{"input":300000,"output":2500000,"imageInput":300000,"imageOutput":30000000},"note":"a picture is 1290 tokens"}],"confidence":"two-datasets","source":["ge","ll","md","pk"],"note":"deprecated, without a day that was decided"},
{"id":"gemini-embedding-2","label":"Gemini Embedding 2","modality":"embedding","released":"2026-04-22","context":8192,"dimensions":3072,"capabilities":{"batch":true},"prices":[{"rates":{"input":200000,"audioInput":6500000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"gemini-embedding-001","label":"Gemini Embedding 001","modality":"embedding","released":"2025-05-20","context":2048,"dimensions":3072,"capabilities":{"batch":true},"prices":[{"rates":{"input":150000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"gemini-2.0-flash","status":"retired","retires":"2026-06-01","replacement":"gemini-3.1-flash-lite"},
{"id":"gemini-2.0-flash-lite","status":"retired","retires":"2026-06-01","replacement":"gemini-3.1-flash-lite"},
{"id":"imagen-4.0-fast-generate-001","modality":"image","status":"retired","retires":"2026-06-24"},
{"id":"imagen-4.0-generate-001","modality":"image","status":"retired","retires":"2026-06-24"},
{"id":"imagen-4.0-ultra-generate-001","modality":"image","status":"retired","retires":"2026-06-24"}
]},
{"provider":{"key":"groq","label":"Groq","kind":"groq","baseUrl":"https://api.groq.com/openai/v1","apiKeyEnv":"GROQ_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000},"serviceTiers":{"on_demand":[{"multiplier":10000}],"flex":[{"multiplier":10000}]}},"models":[
{"id":"llama-3.1-8b-instant","label":"Llama 3.1 8B","released":"2024-07-23","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false,"structuredOutput":false,"promptCaching":false},"prices":[{"rates":{"input":50000,"output":80000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"llama-3.3-70b-versatile","label":"Llama 3.3 70B","released":"2024-12-06","context":131072,"maxOutput":32768,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false,"structuredOutput":false,"promptCaching":false},"prices":[{"rates":{"input":590000,"output":790000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"openai/gpt-oss-120b","label":"GPT OSS 120B","released":"2025-08-05","context":131072,"maxOutput":65536,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":75000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"openai/gpt-oss-20b","label":"GPT OSS 20B","released":"2025-08-05","context":131072,"maxOutput":65536,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":75000,"output":300000,"cachedRead":37500},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"openai/gpt-oss-safeguard-20b","label":"Safety GPT OSS 20B","status":"preview","released":"2025-10-29","context":131072,"maxOutput":65536,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":75000,"output":300000,"cachedRead":37500},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"genai-prices lists this id under its gpt-oss-120b entry; three sets agree on 0.075/0.3"},
{"id":"qwen/qwen3.6-27b","label":"Qwen3.6 27B","released":"2026-04-22","context":131072,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":600000,"output":3000000,"cachedRead":300000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","l2"]},
{"id":"qwen/qwen3.8-27b","label":"Qwen3.8 27B","released":"2026-08-14","context":131042,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true,"promptCaching":false},"prices":[{"rates":{"input":800000,"output":4000000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]}
]},
{"provider":{"key":"hunyuan","label":"Hunyuan (Tencent)","kind":"hunyuan","baseUrl":"https://tokenhub.tencentmaas.com/v1","apiKeyEnv":"TENCENT_TOKENHUB_API_KEY","checked":"2026-11-23"},"models":[
{"id":"hy4","label":"Hy4","context":1024000,"maxOutput":64000,"capabilities":{"tools":true,"reasoning":true,"vision":false},"prices":[{"rates":{"input":417000,"output":1250500}}],"confidence":"reseller","source":["pi"]},
{"id":"hy4-preview","label":"Hy4 Preview","status":"preview","released":"2026-08-28","context":1024000,"maxOutput":64000,"capabilities":{"tools":true,"reasoning":true,"vision":false},"prices":[{"rates":{"input":834000,"output":2501000,"cachedRead":42000}}],"confidence":"one-dataset","source":["md","pi"]},
{"id":"hy3","label":"Hy3","released":"2026-07-06","context":256000,"maxOutput":128000,"capabilities":{"tools":true,"reasoning":true,"vision":false},"prices":[{"rates":{"input":132000,"output":528000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"hy-image-v3.5-preview","label":"Hy Image 3.5 Preview","modality":"image","status":"preview","capabilities":{"edit":true},"confidence":"unverified","source":["https://cloud.tencent.com/document/product/1823/135745"],"note":"No price was found but 0.15 CNY for an image of 2K, in somebody's script"},
{"id":"hy-image-v3","label":"Hy Image 3.0","modality":"image","capabilities":{"edit":true},"confidence":"unverified","source":["https://cloud.tencent.com/document/product/1823/135745"],"note":"No price was found but those of resellers, 0.065 and 0.09"},
{"id":"hunyuan-image-3.0","label":"Hunyuan Image 3.0","modality":"image","capabilities":{"edit":false},"confidence":"unverified","source":["https://cloud.tencent.com/document/product/1668/124632"],"note":"No price was found"}
]},
{"provider":{"key":"ideogram","label":"Ideogram","kind":"ideogram","baseUrl":"https://api.ideogram.ai","apiKeyEnv":"IDEOGRAM_API_KEY","checked":"2026-11-23"},"models":[
{"id":"ideogram-4-5","label":"Ideogram 4.5","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":30000000000,"quality":"low"},{"rate":60000000000,"quality":"medium"},{"rate":100000000000,"quality":"high"},{"rate":8000000000,"quality":"very_low","mode":"edit"},{"rate":30000000000,"quality":"low","mode":"edit"},{"rate":60000000000,"quality":"medium","mode":"edit"},{"rate":220000000000,"quality":"high","mode":"edit"}]}],"confidence":"vendor-page","source":["blog"],"note":"The prices of edits are listed for precise edits; that others cost the same is unverified"},
{"id":"ideogram-4","label":"Ideogram 4.0","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":30000000000,"quality":"turbo"},{"rate":60000000000,"quality":"default"},{"rate":100000000000,"quality":"quality"}]}],"confidence":"vendor-page","source":["blog","pricing"]},
{"id":"ideogram-3","label":"Ideogram 3.0","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":30000000000,"quality":"flash"},{"rate":30000000000,"quality":"turbo"},{"rate":60000000000,"quality":"default"},{"rate":90000000000,"quality":"quality"}]}],"confidence":"vendor-page","source":["blog","pricing"]}
]},
{"provider":{"key":"llamacpp","label":"llama.cpp","kind":"llamacpp","baseUrl":"http://127.0.0.1:8080/v1","checked":"2026-11-23"},"models":[
{"id":"any","label":"Any model","pattern":"^(?!llamacpp/).+$","prices":[{"free":true}],"confidence":"vendor-page","source":["https://github.com/ggml-org/llama.cpp"],"note":"Stands for whatever the server has, by its own name"}
]},
{"provider":{"key":"minimax","label":"MiniMax","kind":"minimax","baseUrl":"https://api.minimax.io/anthropic","apiKeyEnv":"MINIMAX_API_KEY","checked":"2026-11-23"},"models":[
{"id":"MiniMax-M2.7","label":"MiniMax-M2.7","released":"2026-03-18","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":60000,"cacheWrite":{"5m":375000}}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"MiniMax-M2.7-highspeed","label":"MiniMax-M2.7-highspeed","released":"2026-03-18","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":600000,"output":2400000,"cachedRead":60000,"cacheWrite":{"5m":375000}},"unverified":["cache_write"]}],"confidence":"two-datasets","source":["pi","md","ge"],"note":"All data sets list the write of the plain model, which is less than the input"},
{"id":"MiniMax-M3","label":"MiniMax-M3","released":"2026-06-01","context":1000000,"maxOutput":524288,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"pdf":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":60000},"tiers":[{"above":512000,"rates":{"input":600000,"output":2400000,"cachedRead":120000}}]}],"confidence":"two-datasets","source":["pi","md","ll","ge"]},
{"id":"MiniMax-M3.1-Flash","label":"MiniMax-M3.1-Flash","context":1000000,"maxOutput":524288,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"pdf":false},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":15000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"MiniMax-M2","label":"MiniMax-M2","released":"2025-10-27","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":30000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"MiniMax-M2.1","label":"MiniMax-M2.1","released":"2025-12-23","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":30000,"cacheWrite":{"5m":375000}}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"MiniMax-M2.5","label":"MiniMax-M2.5","released":"2026-02-12","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":30000,"cacheWrite":{"5m":375000}}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"MiniMax-M2.5-highspeed","label":"MiniMax-M2.5-highspeed","released":"2026-02-13","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false,"pdf":false},"prices":[{"rates":{"input":600000,"output":2400000,"cachedRead":60000,"cacheWrite":{"5m":375000}},"unverified":["cache_write"]}],"confidence":"two-datasets","source":["md","ge"],"note":"All data sets list the write of the plain model, which is less than the input"},
{"id":"image-01","label":"Image 01","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":3500000000}]}],"confidence":"unverified","source":["recalled"],"note":"In no data set, and no page was read"}
]},
{"provider":{"key":"mistral","label":"Mistral","kind":"mistral","baseUrl":"https://api.mistral.ai","apiKeyEnv":"MISTRAL_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"mistral-large-4","label":"Mistral Large 4","context":1048576,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":700000,"output":2100000,"cachedRead":70000}}],"confidence":"one-dataset","source":["pi"],"note":"aliases of the SDK family (mistral-large-4-0) were not read in a price feed; structured output was not read"},
{"id":"mistral-large-4-0-8","label":"Mistral Large 4.0.8","context":1048576,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":700000,"output":2100000,"cachedRead":70000}}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"mistral-large-2512","label":"Mistral Large 3","aliases":["mistral-large"],"context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":500000,"output":1500000,"cachedRead":50000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"the name on Loom's page, mistral-large, is the generation that \`-latest\` had when it was read; the feeds give the release date of another generation"},
{"id":"mistral-large-2411","label":"Mistral Large 2.1","status":"legacy","released":"2024-11-18","context":131072,"maxOutput":16384,"capabilities":{"tools":true,"structuredOutput":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":2000000,"output":6000000}}],"confidence":"two-datasets","source":["md","ll","ge","l2"]},
{"id":"mistral-medium-2604","label":"Mistral Medium 3.5","released":"2026-04-29","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1500000,"output":7500000,"cachedRead":150000}}],"confidence":"two-datasets","source":["pi","md","ll","l2","reasoning"]},
{"id":"mistral-medium-3.5","label":"Mistral Medium 3.5","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"batch":true},"prices":[{"rates":{"input":1500000,"output":7500000}}],"confidence":"two-datasets","source":["pi","ge"],"note":"the same model by another name, for which no feed has a cache price; structured output was not read"},
{"id":"mistral-medium-2508","label":"Mistral Medium 3.1","released":"2025-08-12","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":400000,"output":2000000,"cachedRead":40000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"mistral-medium-2505","label":"Mistral Medium 3","status":"legacy","released":"2025-05-07","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":400000,"output":2000000,"cachedRead":40000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"mistral-small-2603","label":"Mistral Small 4","released":"2026-03-16","context":256000,"maxOutput":256000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":15000}}],"confidence":"two-datasets","source":["pi","md","ge","l2","reasoning"],"note":"structured output was not read"},
{"id":"mistral-small-2506","label":"Mistral Small 3.2","status":"legacy","released":"2025-06-20","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":100000,"output":300000,"cachedRead":10000}}],"confidence":"one-dataset","source":["pi","md"],"note":"structured output was not read"},
{"id":"ministral-14b-2512","label":"Ministral 3 14B","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":200000,"output":200000,"cachedRead":20000}}],"confidence":"two-datasets","source":["pi","ge"],"note":"structured output was not read"},
{"id":"ministral-8b-2512","label":"Ministral 3 8B","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":150000,"output":150000,"cachedRead":15000}}],"confidence":"two-datasets","source":["pi","ll","ge","l2"]},
{"id":"ministral-3b-2512","label":"Ministral 3 3B","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":100000,"output":100000,"cachedRead":10000}}],"confidence":"two-datasets","source":["pi","ge"],"note":"structured output was not read"},
{"id":"codestral-2508","label":"Codestral 25.08","context":256000,"maxOutput":8192,"capabilities":{"tools":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":300000,"output":900000,"cachedRead":30000}}],"confidence":"two-datasets","source":["pi","ll","ge","l2"]},
{"id":"devstral-2512","label":"Devstral 2","status":"legacy","released":"2025-12-09","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":400000,"output":2000000,"cachedRead":40000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"two feeds call it deprecated; no date of its end was read"},
{"id":"magistral-small","label":"Magistral Small","status":"legacy","released":"2025-03-17","context":128000,"maxOutput":128000,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false},"prices":[{"rates":{"input":500000,"output":1500000}}],"confidence":"two-datasets","source":["md","ge"],"note":"the vendor calls its native reasoning models deprecated; no date was read"},
{"id":"pixtral-12b","label":"Pixtral 12B","status":"legacy","released":"2024-09-01","context":128000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":150000,"output":150000,"cachedRead":15000}}],"confidence":"two-datasets","source":["pi","md","ge"],"note":"structured output was not read"},
{"id":"open-mistral-nemo","label":"Open Mistral Nemo","status":"legacy","released":"2024-07-01","context":128000,"maxOutput":128000,"capabilities":{"tools":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":150000,"output":150000,"cachedRead":15000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"],"note":"the feeds call it deprecated; no date of its end was read; 0.3/0.3 in LiteLLM is old"},
{"id":"zai-glm-5-3","label":"GLM-5.3","released":"2026-08-14","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":140000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"zai-glm-5-3-flash","label":"GLM-5.3-Flash","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":500000,"cachedRead":30000}}],"confidence":"one-dataset","source":["pi"],"note":"structured output was not read"},
{"id":"mistral-embed","modality":"embedding","released":"2023-12-11","context":8192,"dimensions":1024,"prices":[{"rates":{"input":100000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"codestral-embed","modality":"embedding","context":8192,"prices":[{"rates":{"input":150000}}],"confidence":"one-dataset","source":["ll"]}
]},
{"provider":{"key":"moonshot","label":"Moonshot AI (Kimi)","kind":"moonshot","baseUrl":"https://api.moonshot.ai/v1","apiKeyEnv":"MOONSHOT_API_KEY","checked":"2026-11-23"},"models":[
{"id":"kimi-k2.6","label":"Kimi K2.6","released":"2026-04-21","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":950000,"output":4000000,"cachedRead":160000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"kimi-k2.7-code","label":"Kimi K2.7 Code","released":"2026-06-12","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":950000,"output":4000000,"cachedRead":190000}}],"confidence":"two-datasets","source":["pi","md","ge","l2"]},
{"id":"kimi-k2.7-code-highspeed","label":"Kimi K2.7 Code HighSpeed","released":"2026-06-12","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":1900000,"output":8000000,"cachedRead":380000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"kimi-k3","label":"Kimi K3","released":"2026-07-16","context":1048576,"maxOutput":1048576,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000}}],"confidence":"two-datasets","source":["pi","md","ge","l2"]},
{"id":"kimi-k3.1-pro","label":"Kimi K3.1 Pro","context":1048576,"maxOutput":1048576,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"kimi-k3.1-pro-highspeed","label":"Kimi K3.1 Pro Highspeed","context":1048576,"maxOutput":1048576,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":4000000,"output":20000000,"cachedRead":200000}}],"confidence":"one-dataset","source":["pi"]}
]},
{"provider":{"key":"ollama","label":"Ollama","kind":"ollama","baseUrl":"http://127.0.0.1:11434/v1","checked":"2026-11-23"},"models":[
{"id":"any","label":"Any model","pattern":"^(?!ollama/).+$","prices":[{"free":true}],"confidence":"vendor-page","source":["https://docs.ollama.com/api/openai-compatibility"],"note":"Stands for whatever the server has, by its own name"}
]},
{"provider":{"key":"openai","label":"OpenAI","kind":"openai","baseUrl":"https://api.openai.com/v1","apiKeyEnv":"OPENAI_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000},"serviceTiers":{"flex":[{"multiplier":5000}],"priority":[{"multiplier":20000}],"fast":[{"multiplier":20000}]},"regions":{"regional":11000},"perRequest":{"web_search":10000000000}},"models":[
{"id":"gpt-6.2-astra","label":"GPT-6.2 Astra","pattern":"^gpt-6\\\\.2-astra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-11-17","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":8000000,"output":40000000,"cachedRead":400000,"cacheWrite":{"30m":10000000,"12h":20000000}},"tiers":[{"above":272000,"rates":{"input":16000000,"output":60000000,"cachedRead":800000,"cacheWrite":{"30m":20000000}}}],"unverified":["cache_write.12h","batch","cached_read","cache_write","tiers"]}],"confidence":"reseller","source":["https://docs.laozhang.ai/en/announcements/gpt-6-2-2026-11.md","https://github.com/BerriAI/litellm/discussions/52347"],"note":"input and output stated by two sources; cached_read derived from \\"60% cheaper than GPT-6 Astra\\", cache_write and tiers from the 1.25x and 2x/1.5x rules: unverified"},
{"id":"gpt-6.2-sol","label":"GPT-6.2 Sol","pattern":"^gpt-6\\\\.2-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-11-17","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"30m":2500000,"12h":5000000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":200000,"cacheWrite":{"30m":5000000}}}],"serviceTiers":{"ultrafast":[{"multiplier":30000},{"from":"2027-03-01","multiplier":60000}]}}],"confidence":"vendor-page","source":["https://developers.openai.com/api/docs/models/gpt-6.2-sol"],"note":"reasoning effort none is rejected; newer than every data set (absent from pi 2026-11-10)"},
{"id":"gpt-6.1-sol","label":"GPT-6.1 Sol","pattern":"^gpt-6\\\\.1-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-29","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"30m":2500000,"12h":5000000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":200000,"cacheWrite":{"30m":5000000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","https://github.com/KZCFG/AILSA-SubSwitch/releases/tag/v1.0.0-g"],"note":"tools and structured output were not read per model"},
{"id":"gpt-6.1-terra","label":"GPT-6.1 Terra","pattern":"^gpt-6\\\\.1-terra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-10-26","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":5000000,"cachedRead":50000,"cacheWrite":{"30m":1250000,"12h":2500000}},"tiers":[{"above":272000,"rates":{"input":2000000,"output":7500000,"cachedRead":100000,"cacheWrite":{"30m":2500000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","https://github.com/TheKrush/PromptFuel/releases"],"note":"tools and structured output were not read per model"},
{"id":"gpt-6-astra","label":"GPT-6 Astra","pattern":"^gpt-6-astra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-04","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":10000000,"output":50000000,"cachedRead":1000000,"cacheWrite":{"30m":12500000,"12h":25000000}},"tiers":[{"above":272000,"rates":{"input":20000000,"output":75000000,"cachedRead":2000000,"cacheWrite":{"30m":25000000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"gpt-6-sol","label":"GPT-6 Sol","pattern":"^gpt-6-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000,"cacheWrite":{"30m":2500000,"12h":5000000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":400000,"cacheWrite":{"30m":5000000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"gpt-6-luna","label":"GPT-6 Luna","pattern":"^gpt-6-luna-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"30m":125000,"12h":250000}},"tiers":[{"above":272000,"rates":{"input":200000,"output":750000,"cachedRead":20000,"cacheWrite":{"30m":250000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"gpt-5.6-sol","label":"GPT-5.6 Sol","aliases":["gpt-5.6"],"pattern":"^gpt-5\\\\.6-sol-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-07-09","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":30000000},"tiers":[{"above":272000,"rates":{}}],"confidence":"one-dataset","source":["ll"],"note":"only input and output are known of the price before the cut"},{"from":"2026-08-21","rates":{"input":4000000,"output":20000000,"cachedRead":400000,"cacheWrite":{"30m":5000000,"12h":10000000}},"tiers":[{"above":272000,"rates":{"input":8000000,"output":30000000,"cachedRead":800000,"cacheWrite":{"30m":10000000}}}],"unverified":["cache_write.12h"]}],"confidence":"disputed","source":["pi","md","ll","ge","l2"],"note":"4/20 was announced as promotional until at least 2026-11-21: re-check, it may be back at 5/30"},
{"id":"gpt-5.6-terra","label":"GPT-5.6 Terra","pattern":"^gpt-5\\\\.6-terra-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-07-09","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":12000000,"cachedRead":200000,"cacheWrite":{"30m":2500000,"12h":5000000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":18000000,"cachedRead":400000,"cacheWrite":{"30m":5000000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.6-luna","label":"GPT-5.6 Luna","pattern":"^gpt-5\\\\.6-luna-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-07-09","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":200000,"output":1200000,"cachedRead":20000,"cacheWrite":{"30m":250000,"12h":500000}},"tiers":[{"above":272000,"rates":{"input":400000,"output":1800000,"cachedRead":40000,"cacheWrite":{"30m":500000}}}],"unverified":["cache_write.12h"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.5","label":"GPT-5.5","pattern":"^gpt-5\\\\.5-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-04-23","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":5000000,"output":30000000,"cachedRead":500000,"cacheWrite":"input"},"tiers":[{"above":272000,"rates":{"input":10000000,"output":45000000,"cachedRead":1000000,"cacheWrite":"input"}}]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.5-pro","label":"GPT-5.5 Pro","pattern":"^gpt-5\\\\.5-pro-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-04-23","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"batch":true,"promptCaching":false},"prices":[{"rates":{"input":30000000,"output":180000000},"tiers":[{"above":272000,"rates":{"input":60000000,"output":270000000}}]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.4","label":"GPT-5.4","pattern":"^gpt-5\\\\.4-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-05","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2500000,"output":15000000,"cachedRead":250000,"cacheWrite":"input"},"tiers":[{"above":272000,"rates":{"input":5000000,"output":22500000,"cachedRead":500000,"cacheWrite":"input"}}]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.4-pro","label":"GPT-5.4 Pro","pattern":"^gpt-5\\\\.4-pro-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-05","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"batch":true,"structuredOutput":false,"promptCaching":false},"prices":[{"rates":{"input":30000000,"output":180000000},"tiers":[{"above":272000,"rates":{"input":60000000,"output":270000000}}]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.4-mini","label":"GPT-5.4 mini","pattern":"^gpt-5\\\\.4-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2026-03-17","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":750000,"output":4500000,"cachedRead":75000,"cacheWrite":"input"}}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.4-nano","label":"GPT-5.4 nano","pattern":"^gpt-5\\\\.4-nano-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2026-03-17","retires":"2027-04-01","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":200000,"output":1250000,"cachedRead":20000,"cacheWrite":"input"}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-5.3-codex","label":"GPT-5.3 Codex","pattern":"^gpt-5\\\\.3-codex-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2026-02-05","retires":"2027-04-01","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1750000,"output":14000000,"cachedRead":175000,"cacheWrite":"input"},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-5.2","label":"GPT-5.2","pattern":"^gpt-5\\\\.2-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2025-12-11","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1750000,"output":14000000,"cachedRead":175000,"cacheWrite":"input"},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.2-pro","label":"GPT-5.2 Pro","pattern":"^gpt-5\\\\.2-pro-\\\\d{4}-\\\\d{2}-\\\\d{2}$","released":"2025-12-11","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"batch":true,"structuredOutput":false,"promptCaching":false},"prices":[{"rates":{"input":21000000,"output":168000000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"gpt-5.1","label":"GPT-5.1","pattern":"^gpt-5\\\\.1-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-11-13","retires":"2027-04-01","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":10000000,"cachedRead":125000,"cacheWrite":"input"},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-5","label":"GPT-5","pattern":"^gpt-5-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-08-07","retires":"2026-12-11","replacement":"gpt-6.1-sol","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":10000000,"cachedRead":125000,"cacheWrite":"input"},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-5-pro","label":"GPT-5 Pro","pattern":"^gpt-5-pro-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-10-06","retires":"2026-12-11","context":400000,"maxInput":272000,"maxOutput":272000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true,"promptCaching":false},"prices":[{"rates":{"input":15000000,"output":120000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-5-mini","label":"GPT-5 Mini","pattern":"^gpt-5-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-08-07","retires":"2026-12-11","replacement":"gpt-6.1-terra","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":250000,"output":2000000,"cachedRead":25000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":18000}]},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"gpt-5-nano","label":"GPT-5 Nano","pattern":"^gpt-5-nano-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-08-07","retires":"2026-12-11","context":400000,"maxInput":272000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":50000,"output":400000,"cachedRead":5000,"cacheWrite":"input"},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-4.1","label":"GPT-4.1","pattern":"^gpt-4\\\\.1-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-04-14","retires":"2027-01-14","replacement":"gpt-6-luna","context":1047576,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2000000,"output":8000000,"cachedRead":500000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":17500}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"gpt-4.1-mini","label":"GPT-4.1 mini","pattern":"^gpt-4\\\\.1-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-04-14","retires":"2027-01-14","replacement":"gpt-6-luna","context":1047576,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":400000,"output":1600000,"cachedRead":100000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":17500}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"gpt-4o","label":"GPT-4o","pattern":"^gpt-4o-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2024-05-13","retires":"2027-01-14","replacement":"gpt-6-luna","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2500000,"output":10000000,"cachedRead":1250000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":17000}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"gpt-4o-2024-11-20","label":"GPT-4o (2024-11-20)","status":"deprecated","released":"2024-11-20","retires":"2027-01-14","replacement":"gpt-6-luna","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":2500000,"output":10000000,"cachedRead":1250000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":17000}]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"gpt-4o-mini","label":"GPT-4o mini","pattern":"^gpt-4o-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2024-07-18","retires":"2027-01-14","replacement":"gpt-6-luna","context":128000,"maxOutput":16384,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":150000,"output":600000,"cachedRead":75000,"cacheWrite":"input"},"serviceTiers":{"priority":[]}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"],"note":"priority costs 0.25/0.125/1.00, which is no factor with 4 decimals: unknown here"},
{"id":"o3","label":"o3","pattern":"^o3-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-04-16","retires":"2026-12-11","context":200000,"maxOutput":100000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":8000000,"cachedRead":500000,"cacheWrite":"input"},"serviceTiers":{"priority":[{"multiplier":17500}]},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2","priority"]},
{"id":"o3-pro","label":"o3-pro","pattern":"^o3-pro-\\\\d{4}-\\\\d{2}-\\\\d{2}$","status":"deprecated","released":"2025-06-10","retires":"2026-12-11","context":200000,"maxOutput":100000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true,"promptCaching":false},"prices":[{"rates":{"input":20000000,"output":80000000}}],"confidence":"two-datasets","source":["pi","md","ll","ge","deprecations","l2"]},
{"id":"gpt-image-2.6-sunburst","label":"gpt-image-2.6-sunburst","pattern":"^gpt-image-2\\\\.6-sunburst-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":30000000}}],"confidence":"vendor-page","source":["openrouter","https://developers.openai.com/api/docs/models/gpt-image-2.6-sunburst"],"note":"release date not read"},
{"id":"gpt-image-2.6-flare","label":"gpt-image-2.6-flare","pattern":"^gpt-image-2\\\\.6-flare-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":30000000}}],"confidence":"vendor-page","source":["openrouter","https://developers.openai.com/api/docs/models/gpt-image-2.6-sunburst"],"note":"release date not read; the flare page itself was not read"},
{"id":"gpt-image-2.5-sunburst","label":"gpt-image-2.5-sunburst","upstream":"gpt-image-2.5-sunburst-2026-09-08","pattern":"^gpt-image-2\\\\.5-sunburst-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","released":"2026-09-08","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":30000000}}],"confidence":"two-datasets","source":["openrouter","https://docs.apiyi.com/en/news/gpt-image-2-5-launch.md","https://apifox.com/apiskills/gpt-image-2-5-api-cn/"],"note":"quality low|medium|high|xhigh|max|auto; price per image depends on output tokens: compute from usage; a partial image costs 100 output tokens"},
{"id":"gpt-image-2.5-flare","label":"gpt-image-2.5-flare","upstream":"gpt-image-2.5-flare-2026-09-08","pattern":"^gpt-image-2\\\\.5-flare-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","released":"2026-09-08","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":30000000}}],"confidence":"two-datasets","source":["openrouter","https://docs.apiyi.com/en/news/gpt-image-2-5-launch.md","https://apifox.com/apiskills/gpt-image-2-5-api-cn/"],"note":"quality low|medium|high|xhigh|max|auto; price per image depends on output tokens: compute from usage; a partial image costs 100 output tokens"},
{"id":"gpt-image-2","label":"gpt-image-2","pattern":"^gpt-image-2-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","released":"2026-04-21","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":30000000},"perImage":[{"rate":6000000000,"quality":"low","width":1024,"height":1024},{"rate":5000000000,"quality":"low","width":1024,"height":1536},{"rate":5000000000,"quality":"low","width":1536,"height":1024},{"rate":53000000000,"quality":"medium","width":1024,"height":1024},{"rate":41000000000,"quality":"medium","width":1024,"height":1536},{"rate":41000000000,"quality":"medium","width":1536,"height":1024},{"rate":211000000000,"quality":"high","width":1024,"height":1024},{"rate":165000000000,"quality":"high","width":1024,"height":1536},{"rate":165000000000,"quality":"high","width":1536,"height":1024}]}],"confidence":"two-datasets","source":["ll","pk","ge","md"],"note":"data sets differ on text output: litellm 10, genai-prices and models.dev use one output price of 30, and the model returns images only"},
{"id":"gpt-image-1.5","label":"gpt-image-1.5","pattern":"^gpt-image-1\\\\.5-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","status":"deprecated","released":"2025-12-16","retires":"2026-12-01","replacement":"gpt-image-2.6-sunburst","capabilities":{"edit":true},"prices":[{"rates":{"input":5000000,"output":10000000,"cachedRead":1250000,"imageInput":8000000,"imageCachedRead":2000000,"imageOutput":32000000},"perImage":[{"rate":9000000000,"quality":"low","width":1024,"height":1024},{"rate":13000000000,"quality":"low","width":1024,"height":1536},{"rate":13000000000,"quality":"low","width":1536,"height":1024},{"rate":34000000000,"quality":"medium","width":1024,"height":1024},{"rate":50000000000,"quality":"medium","width":1024,"height":1536},{"rate":50000000000,"quality":"medium","width":1536,"height":1024},{"rate":133000000000,"quality":"high","width":1024,"height":1024},{"rate":200000000000,"quality":"high","width":1024,"height":1536},{"rate":200000000000,"quality":"high","width":1536,"height":1024}]}],"confidence":"two-datasets","source":["ll","pk","ge","deprecations"],"note":"retirement date seen only in a newer litellm mirror (jiayuqi7813/model-prices): unverified"},
{"id":"gpt-image-1-mini","label":"gpt-image-1-mini","pattern":"^gpt-image-1-mini-\\\\d{4}-\\\\d{2}-\\\\d{2}$","modality":"image","status":"deprecated","released":"2025-09-26","retires":"2026-12-01","replacement":"gpt-image-2.6-flare","capabilities":{"edit":true},"prices":[{"rates":{"input":2000000,"cachedRead":200000,"imageInput":2500000,"imageCachedRead":250000,"imageOutput":8000000},"perImage":[{"rate":5000000000,"quality":"low","width":1024,"height":1024},{"rate":6000000000,"quality":"low","width":1024,"height":1536},{"rate":6000000000,"quality":"low","width":1536,"height":1024},{"rate":11000000000,"quality":"medium","width":1024,"height":1024},{"rate":15000000000,"quality":"medium","width":1024,"height":1536},{"rate":15000000000,"quality":"medium","width":1536,"height":1024},{"rate":36000000000,"quality":"high","width":1024,"height":1024},{"rate":52000000000,"quality":"high","width":1024,"height":1536},{"rate":52000000000,"quality":"high","width":1536,"height":1024}]}],"confidence":"vendor-page","source":["ll","pk","ge","https://developers.openai.com/api/docs/models/gpt-image-1-mini","deprecations"]},
{"id":"text-embedding-3-large","label":"text-embedding-3-large","modality":"embedding","released":"2024-01-25","context":8191,"dimensions":3072,"capabilities":{"batch":true},"prices":[{"rates":{"input":130000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"text-embedding-3-small","label":"text-embedding-3-small","modality":"embedding","released":"2024-01-25","context":8191,"dimensions":1536,"capabilities":{"batch":true},"prices":[{"rates":{"input":20000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"text-embedding-ada-002","label":"text-embedding-ada-002","modality":"embedding","released":"2022-12-15","context":8191,"dimensions":1536,"capabilities":{"batch":true},"prices":[{"rates":{"input":100000}}],"confidence":"two-datasets","source":["md","ll","ge"]},
{"id":"gpt-4.1-nano","status":"retired","retires":"2026-10-23"},
{"id":"gpt-4o-2024-05-13","status":"retired","retires":"2026-10-23"},
{"id":"o1","status":"retired","retires":"2026-10-23"},
{"id":"o3-mini","status":"retired","retires":"2026-10-23"},
{"id":"o4-mini","status":"retired","retires":"2026-10-23"},
{"id":"gpt-3.5-turbo","status":"retired","retires":"2026-10-23"},
{"id":"gpt-4-turbo","status":"retired","retires":"2026-10-23"},
{"id":"gpt-image-1","modality":"image","status":"retired","retires":"2026-10-23"},
{"id":"gpt-4","status":"retired","retires":"2026-10-23"},
{"id":"o1-pro","status":"retired","retires":"2026-10-23"}
]},
{"provider":{"key":"openrouter","label":"OpenRouter","kind":"openrouter","baseUrl":"https://openrouter.ai/api/v1","apiKeyEnv":"OPENROUTER_API_KEY","checked":"2026-11-23"},"models":[
{"id":"anthropic/claude-haiku-5.5","label":"Claude Haiku 5.5","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"5m":125000,"1h":200000}},"tiers":[{"above":100000,"rates":{"input":500000,"output":2500000,"cachedRead":50000,"cacheWrite":{"5m":625000}}}],"unverified":["cache_write.1h"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"anthropic/claude-sonnet-5.5","label":"Claude Sonnet 5.5","context":1000000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"5m":2500000,"1h":4000000}},"unverified":["cache_write.1h"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"openai/gpt-6-luna","label":"GPT-6 Luna","released":"2026-09-22","context":1050000,"maxInput":922000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":100000,"output":500000,"cachedRead":10000,"cacheWrite":{"30m":125000}},"tiers":[{"above":272000,"rates":{"input":200000,"output":750000,"cachedRead":20000,"cacheWrite":{"30m":250000}}}],"perRequest":{"web_search":10000000000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"openai/gpt-6.1-sol","label":"GPT-6.1 Sol","context":1050000,"maxOutput":128000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000,"cacheWrite":{"30m":2500000}},"tiers":[{"above":272000,"rates":{"input":4000000,"output":15000000,"cachedRead":200000,"cacheWrite":{"30m":5000000}}}]}],"confidence":"one-dataset","source":["pi"]},
{"id":"google/gemini-3.8-flash","label":"Gemini 3.8 Flash","released":"2026-09-02","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":825000,"output":4125000,"cachedRead":82500}}],"confidence":"disputed","source":["pi","md"],"note":"0.825/4.125 in pi of 2026-11-10, 0.75/3.75 in models.dev of 2026-09-28. Google doubles its own price on 2027-01-01"},
{"id":"google/gemini-4-argon","label":"Gemini 4 Argon","context":1048576,"maxOutput":943718,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":100000}}],"confidence":"one-dataset","source":["pi"],"note":"Google doubles its own price on 2026-12-01"},
{"id":"x-ai/grok-4.7","label":"Grok 4.7","released":"2026-09-21","context":500000,"maxOutput":450000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":500000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":4000000,"output":12000000,"cachedRead":1000000}}],"unverified":["tiers.boundary"]}],"confidence":"disputed","source":["pi","md"],"note":"2/6 in pi of 2026-11-10, 1.6/4.8 in models.dev of 2026-09-28"},
{"id":"deepseek/deepseek-v4.1-flash","label":"DeepSeek V4.1 Flash","released":"2026-09-10","context":1048576,"maxOutput":943718,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":6000,"output":500000,"cachedRead":5000}}],"confidence":"unverified","source":["pi","md"],"note":"the feed price is that of the cheapest endpoint at that minute and looks wrong as a list price; use usage.cost from the response"},
{"id":"deepseek/deepseek-v4-pro-0813","label":"DeepSeek V4 Pro 0813","released":"2026-08-12","context":1048576,"maxOutput":943718,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":111000,"output":4440000,"cachedRead":97000}}],"confidence":"unverified","source":["pi","md"],"note":"the feed price is that of the cheapest endpoint at that minute and looks wrong as a list price; use usage.cost from the response"},
{"id":"tencent/hy4","label":"Hy4","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":417000,"output":1250500,"cachedRead":21000}}],"confidence":"one-dataset","source":["pi"]},
{"id":"bytedance-seed/seed-2-1-turbo","label":"Seed 2.1 Turbo","released":"2026-08-12","context":262144,"maxOutput":235929,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":false},"prices":[{"rates":{"input":500000,"output":2500000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"moonshotai/kimi-k3","label":"Kimi K3","released":"2026-07-16","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000}}],"confidence":"disputed","source":["pi","md","ge"],"note":"0.192/16 in one feed and 3/15 in two: take usage.cost from the response"}
]},
{"provider":{"key":"perplexity","label":"Perplexity","kind":"perplexity","baseUrl":"https://api.perplexity.ai","apiKeyEnv":"PERPLEXITY_API_KEY","checked":"2026-11-23"},"models":[
{"id":"sonar-pro","label":"Sonar Pro","released":"2024-01-01","context":200000,"maxOutput":8192,"capabilities":{"vision":true,"webSearch":true,"tools":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":3000000,"output":15000000},"perRequest":{"web_search_low":6000000000,"web_search_medium":10000000000,"web_search_high":14000000000}}],"confidence":"two-datasets","source":["md","ll","ge","l2"]},
{"id":"sonar-deep-research","label":"Perplexity Sonar Deep Research","released":"2025-02-01","context":128000,"maxOutput":32768,"capabilities":{"reasoning":true,"webSearch":true,"tools":false,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":2000000,"output":8000000,"reasoningOutput":3000000},"perRequest":{"web_search":5000000000}}],"confidence":"two-datasets","source":["md","ll","ge","l2"]},
{"id":"sonar","label":"Sonar","released":"2024-01-01","context":128000,"maxOutput":4096,"capabilities":{"webSearch":true,"tools":false,"vision":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":1000000,"output":1000000},"perRequest":{"web_search_low":5000000000,"web_search_medium":8000000000,"web_search_high":12000000000}}],"confidence":"two-datasets","source":["md","ll","ge","l2"]},
{"id":"sonar-reasoning-pro","label":"Sonar Reasoning Pro","released":"2024-01-01","context":128000,"maxOutput":4096,"capabilities":{"vision":true,"reasoning":true,"webSearch":true,"tools":false,"promptCaching":false},"prices":[{"rates":{"input":2000000,"output":8000000},"perRequest":{"web_search_low":6000000000,"web_search_medium":10000000000,"web_search_high":14000000000}}],"confidence":"two-datasets","source":["md","ll","ge","l2"]}
]},
{"provider":{"key":"qwen","label":"Alibaba Qwen","kind":"qwen","baseUrl":"https://dashscope-intl.aliyuncs.com/compatible-mode/v1","apiKeyEnv":"DASHSCOPE_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"qwen3.8-max","label":"Qwen3.8 Max","released":"2026-08-03","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":250000,"cacheWrite":{"5m":2500000}},"unverified":["batch","cached_read"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.8-flash","label":"Qwen3.8 Flash","released":"2026-08-26","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":470000,"cachedRead":16000,"cacheWrite":{"5m":200000}},"unverified":["batch","cached_read"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.7-max","label":"Qwen3.7 Max","released":"2026-05-21","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":2500000,"output":7500000,"cachedRead":500000,"cacheWrite":{"5m":3125000}},"unverified":["batch","cached_read"]}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"qwen3.7-plus","label":"Qwen3.7 Plus","released":"2026-06-02","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":500000,"output":3000000,"cachedRead":50000,"cacheWrite":{"5m":625000}},"tiers":[{"above":256000,"rates":{"input":2000000,"output":6000000,"cachedRead":200000,"cacheWrite":{"5m":2500000}}}],"unverified":["batch","cached_read"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen3.6-max-preview","label":"Qwen3.6 Max Preview","status":"preview","released":"2026-04-20","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1300000,"output":7800000,"cachedRead":130000,"cacheWrite":{"5m":1625000}},"unverified":["batch","cached_read"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.6-plus","label":"Qwen3.6 Plus","released":"2026-04-02","context":1000000,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":500000,"output":3000000,"cachedRead":50000,"cacheWrite":{"5m":625000}},"tiers":[{"above":256000,"rates":{"input":2000000,"output":6000000,"cachedRead":200000,"cacheWrite":{"5m":2500000}}}],"unverified":["batch","cached_read"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.6-flash","label":"Qwen3.6 Flash","released":"2026-04-27","context":1000000,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true},"prices":[{"rates":{"input":187500,"output":1125000,"cacheWrite":{"5m":234375}},"unverified":["batch"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.5-plus","label":"Qwen3.5 Plus","released":"2026-02-16","context":1000000,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"batch":true},"prices":[{"rates":{"input":400000,"output":2400000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen3.5-397b-a17b","label":"Qwen3.5 397B-A17B","released":"2026-02-15","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true},"prices":[{"rates":{"input":600000,"output":3600000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3.6-35b-a3b","label":"Qwen3.6 35B-A3B","released":"2026-04-17","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true},"prices":[{"rates":{"input":248000,"output":1485000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md"]},
{"id":"qwen3-max","label":"Qwen3 Max","released":"2025-09-23","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":1200000,"output":6000000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen-plus","label":"Qwen Plus","released":"2024-01-25","context":1000000,"maxOutput":32768,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false},"prices":[{"rates":{"input":400000,"output":1200000,"reasoningOutput":4000000},"unverified":["batch"]}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"qwen-flash","label":"Qwen Flash","released":"2025-07-28","context":1000000,"maxOutput":32768,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false},"prices":[{"rates":{"input":50000,"output":400000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen-turbo","label":"Qwen Turbo","released":"2024-11-01","context":1000000,"maxOutput":16384,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false},"prices":[{"rates":{"input":50000,"output":200000,"reasoningOutput":500000},"unverified":["batch"]}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"qwen-max","label":"Qwen Max","released":"2024-04-03","context":32768,"maxOutput":8192,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":1600000,"output":6400000},"unverified":["batch"]}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"qwen3-coder-plus","label":"Qwen3 Coder Plus","released":"2025-07-23","context":1048576,"maxOutput":65536,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":1000000,"output":5000000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen3-coder-flash","label":"Qwen3 Coder Flash","released":"2025-07-28","context":1000000,"maxOutput":65536,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":300000,"output":1500000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen3-vl-plus","label":"Qwen3-VL Plus","released":"2025-09-23","context":262144,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"reasoning":true,"batch":true},"prices":[{"rates":{"input":200000,"output":1600000,"reasoningOutput":4800000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"qwen3-next-80b-a3b-instruct","label":"Qwen3-Next 80B-A3B Instruct","released":"2025-09-01","context":131072,"maxOutput":32768,"capabilities":{"tools":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":500000,"output":2000000},"unverified":["batch"]}],"confidence":"disputed","source":["md","ll"],"note":"models.dev 0.5/2, litellm 0.15/1.2: not settled"},
{"id":"qwen3-next-80b-a3b-thinking","label":"Qwen3-Next 80B-A3B (Thinking)","released":"2025-09-01","context":131072,"maxOutput":32768,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false},"prices":[{"rates":{"input":500000,"output":6000000},"unverified":["batch"]}],"confidence":"disputed","source":["md","ll"],"note":"models.dev 0.5/6, litellm 0.15/1.2: not settled"}
]},
{"provider":{"key":"recraft","label":"Recraft","kind":"recraft","baseUrl":"https://external.api.recraft.ai/v1","apiKeyEnv":"RECRAFT_API_TOKEN","checked":"2026-11-23"},"models":[
{"id":"recraftv4_1","label":"Recraft V4.1","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":35000000000}]}],"confidence":"vendor-page","source":["pricing","agents","vercel"]},
{"id":"recraftv4_1_utility","label":"Recraft V4.1 Utility","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":35000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv4_1_flash","label":"Recraft V4.1 Flash","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":7000000000}]}],"confidence":"vendor-page","source":["agents"]},
{"id":"recraftv4_1_pro","label":"Recraft V4.1 Pro","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":210000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv4_1_utility_pro","label":"Recraft V4.1 Utility Pro","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":210000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv4_1_vector","label":"Recraft V4.1 Vector","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":80000000000}]}],"confidence":"unverified","source":["clients"]},
{"id":"recraftv3","label":"Recraft V3","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv3_vector","label":"Recraft V3 Vector","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":80000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv2","label":"Recraft V2","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":22000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"recraftv2_vector","label":"Recraft V2 Vector","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":44000000000}]}],"confidence":"vendor-page","source":["pricing"]}
]},
{"provider":{"key":"replicate","label":"Replicate","kind":"replicate","baseUrl":"https://api.replicate.com/v1","apiKeyEnv":"REPLICATE_API_TOKEN","checked":"2026-11-23"},"models":[
{"id":"black-forest-labs/flux-schnell","label":"FLUX.1 [schnell]","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":3000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"black-forest-labs/flux-dev","label":"FLUX.1 [dev]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":25000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"black-forest-labs/flux-1.1-pro","label":"FLUX1.1 [pro]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"vendor-page","source":["pricing"]},
{"id":"ideogram-ai/ideogram-v3-quality","label":"Ideogram 3.0 Quality","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":90000000000}]}],"confidence":"vendor-page","source":["pricing"]}
]},
{"provider":{"key":"stability","label":"Stability AI","kind":"stability","baseUrl":"https://api.stability.ai","apiKeyEnv":"STABILITY_API_KEY","checked":"2026-11-23"},"models":[
{"id":"stable-image-ultra","label":"Stable Image Ultra","upstream":"ultra","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":80000000000}]}],"confidence":"reseller","source":["puter"]},
{"id":"stable-image-core","label":"Stable Image Core","upstream":"core","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":30000000000}]}],"confidence":"reseller","source":["puter"]},
{"id":"sd3.5-large","label":"Stable Diffusion 3.5 Large","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":65000000000}]}],"confidence":"reseller","source":["puter"]},
{"id":"sd3.5-large-turbo","label":"Stable Diffusion 3.5 Large Turbo","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000}]}],"confidence":"reseller","source":["puter"]},
{"id":"sd3.5-medium","label":"Stable Diffusion 3.5 Medium","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":35000000000}]}],"confidence":"reseller","source":["puter"]}
]},
{"provider":{"key":"together","label":"Together AI","kind":"together","baseUrl":"https://api.together.ai/v1","apiKeyEnv":"TOGETHER_API_KEY","checked":"2026-11-23","batch":{"multiplier":5000}},"models":[
{"id":"deepseek-ai/DeepSeek-V4-Pro-0813","label":"DeepSeek V4 Pro 0813","released":"2026-08-12","context":1048576,"maxOutput":384000,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1320000,"output":3960000,"cachedRead":130000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"deepseek-ai/DeepSeek-V4.1-Flash","label":"DeepSeek V4.1 Flash","released":"2026-09-10","context":1048576,"maxOutput":384000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":6000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"meta-models/Muse-Spark-Open-816B-A42B","label":"Muse Spark Open","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":4250000,"cachedRead":150000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"MiniMaxAI/MiniMax-M3","label":"MiniMax-M3","released":"2026-06-12","context":524288,"maxOutput":524288,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":300000,"output":1200000,"cachedRead":60000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"moonshotai/Kimi-K3","label":"Kimi K3","released":"2026-07-16","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":3000000,"output":15000000,"cachedRead":300000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"moonshotai/Kimi-K3.1-Pro","label":"Kimi K3.1 Pro","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":10000000,"cachedRead":200000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"nvidia/NVIDIA-Nemotron-3.5-Super-VL","label":"Nemotron 3.5 Super VL 120B A12B","context":262144,"maxOutput":262144,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":500000,"cachedRead":20000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"openai/gpt-oss-120b","label":"GPT OSS 120B","released":"2025-08-05","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":150000,"output":600000},"unverified":["batch"]}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"Qwen/Qwen3.5-9B","label":"Qwen3.5 9B","released":"2026-03-03","context":262144,"maxOutput":65536,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"batch":true,"promptCaching":false},"prices":[{"rates":{"input":170000,"output":250000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"Qwen/Qwen3.6-Plus","label":"Qwen3.6 Plus","released":"2026-04-30","context":1000000,"maxOutput":65536,"capabilities":{"tools":true,"reasoning":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":500000,"output":3000000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"Qwen/Qwen3.7-Max","label":"Qwen3.7 Max","released":"2026-05-21","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"promptCaching":true,"batch":true,"vision":false,"reasoning":false},"prices":[{"rates":{"input":2500000,"output":7500000,"cachedRead":500000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"],"note":"1.25/3.75 on 2026-09-28, 2.5/7.5 on 2026-11-10 (equal to Alibaba list): discount ended"},
{"id":"reflection/Beam-1.0-501B-A23B","label":"Beam 1.0 501B A23B","context":1048576,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":400000,"output":1200000,"cachedRead":40000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi"]},
{"id":"thinkingmachines/Inkling","label":"Inkling","released":"2026-07-15","context":524288,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":4050000,"cachedRead":170000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"zai-org/GLM-5.2","label":"GLM-5.2","released":"2026-06-16","context":1048575,"maxOutput":164000,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"zai-org/GLM-5.3","label":"GLM-5.3","released":"2026-08-14","context":1048576,"maxOutput":262144,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"zai-org/GLM-5.3-Flash","label":"GLM-5.3-Flash","released":"2026-08-26","context":1048575,"maxOutput":400000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":150000,"output":500000,"cachedRead":30000},"unverified":["batch"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"Qwen/Qwen2.5-7B-Instruct-Turbo","label":"Qwen 2.5 7B Instruct Turbo","released":"2024-09-19","context":32768,"maxOutput":32768,"capabilities":{"tools":true,"structuredOutput":true,"batch":true,"vision":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":300000,"output":300000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md","ll"]},
{"id":"openai/gpt-oss-20b","label":"GPT OSS 20B","released":"2025-08-05","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"batch":true,"vision":false,"promptCaching":false},"prices":[{"rates":{"input":50000,"output":200000},"unverified":["batch"]}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"meta-llama/Llama-3.3-70B-Instruct-Turbo","label":"Llama 3.3 70B","released":"2024-12-06","context":131072,"maxOutput":131072,"capabilities":{"tools":true,"structuredOutput":true,"batch":true,"vision":false,"reasoning":false,"promptCaching":false},"prices":[{"rates":{"input":1040000,"output":1040000},"unverified":["batch"]}],"confidence":"disputed","source":["md","ll","ge"],"note":"1.04 in models.dev of 2026-09-28; 0.88 in LiteLLM and genai-prices"},
{"id":"moonshotai/Kimi-K2.6","label":"Kimi K2.6","released":"2026-04-21","context":262144,"maxOutput":131000,"capabilities":{"tools":true,"vision":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1200000,"output":4500000,"cachedRead":200000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md"]},
{"id":"deepseek-ai/DeepSeek-V4-Flash-0731","label":"DeepSeek V4 Flash 0731","released":"2026-07-31","context":1048576,"maxOutput":384000,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true,"vision":false},"prices":[{"rates":{"input":140000,"output":280000,"cachedRead":30000},"unverified":["batch"]}],"confidence":"one-dataset","source":["md"]},
{"id":"black-forest-labs/FLUX.1-schnell","label":"FLUX.1 [schnell]","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":2700000000,"maxPixels":1048576}]}],"confidence":"reseller","source":["wl","clients"]},
{"id":"black-forest-labs/FLUX.1.1-pro","label":"FLUX1.1 [pro]","modality":"image","capabilities":{"edit":false},"prices":[{"perImage":[{"rate":40000000000,"maxPixels":1048576}]}],"confidence":"unverified","source":["clients"]},
{"id":"black-forest-labs/FLUX.1-kontext-pro","label":"FLUX.1 Kontext [pro]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000,"maxPixels":1048576}]}],"confidence":"unverified","source":["clients"]},
{"id":"black-forest-labs/FLUX.1-kontext-max","label":"FLUX.1 Kontext [max]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":80000000000,"maxPixels":1048576}]}],"confidence":"unverified","source":["clients"]},
{"id":"black-forest-labs/FLUX.2-pro","label":"FLUX.2 [pro]","modality":"image","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":30000000000,"maxPixels":1048576}]}],"confidence":"unverified","source":["clients"]}
]},
{"provider":{"key":"vllm","label":"vLLM","kind":"vllm","baseUrl":"http://127.0.0.1:8000/v1","checked":"2026-11-23"},"models":[
{"id":"any","label":"Any model","pattern":"^(?!vllm/).+$","prices":[{"free":true}],"confidence":"vendor-page","source":["https://docs.vllm.ai"],"note":"Stands for whatever the server has, by its own name"}
]},
{"provider":{"key":"xai","label":"xAI","kind":"xai","baseUrl":"https://api.x.ai/v1","apiKeyEnv":"XAI_API_KEY","checked":"2026-11-23","batch":{"multiplier":8000},"perRequest":{"web_search":5000000000,"x_search":5000000000}},"models":[
{"id":"grok-4.3","label":"Grok 4.3","released":"2026-04-17","context":1000000,"maxOutput":30000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":2500000,"cachedRead":200000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":2500000,"output":5000000,"cachedRead":400000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"grok-4.5","label":"Grok 4.5","released":"2026-07-08","context":500000,"maxOutput":500000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":300000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":4000000,"output":12000000,"cachedRead":600000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"two-datasets","source":["pi","md","ll","ge","l2"]},
{"id":"grok-4.6","label":"Grok 4.6","released":"2026-08-12","context":500000,"maxOutput":500000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":500000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":4000000,"output":12000000,"cachedRead":1000000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"two-datasets","source":["pi","md","ge","l2"]},
{"id":"grok-4.7","label":"Grok 4.7","released":"2026-09-21","context":500000,"maxOutput":500000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":2000000,"output":6000000,"cachedRead":500000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":4000000,"output":12000000,"cachedRead":1000000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"grok-4.20-0309-non-reasoning","label":"Grok 4.20 (Non-Reasoning)","released":"2026-03-09","context":1000000,"maxOutput":30000,"capabilities":{"tools":true,"vision":true,"pdf":true,"structuredOutput":true,"promptCaching":true,"batch":true,"reasoning":false},"prices":[{"rates":{"input":1250000,"output":2500000,"cachedRead":200000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":2500000,"output":5000000,"cachedRead":400000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"one-dataset","source":["md","l2"]},
{"id":"grok-4.20-0309-reasoning","label":"Grok 4.20 (Reasoning)","released":"2026-03-09","context":1000000,"maxOutput":30000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1250000,"output":2500000,"cachedRead":200000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":2500000,"output":5000000,"cachedRead":400000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"one-dataset","source":["md","ll","l2"],"note":"litellm 2/6 is the launch price"},
{"id":"grok-build-0.1","label":"Grok Build 0.1","released":"2026-04-16","context":256000,"maxOutput":256000,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"batch":true},"prices":[{"rates":{"input":1000000,"output":2000000,"cachedRead":200000},"tiers":[{"above":200000,"boundary":"inclusive","rates":{"input":2000000,"output":4000000,"cachedRead":400000}}],"unverified":["batch","per_1k","tiers.boundary"]}],"confidence":"two-datasets","source":["md","ge","l2"]},
{"id":"grok-imagine-image","label":"Grok Imagine Image","modality":"image","released":"2026-01-28","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":20000000000}],"perInputImage":10000000000,"unverified":["per_input_image"]}],"confidence":"reseller","source":["md","https://docs.crazyrouter.com/jp/images/grok","https://docs.laozhang.ai/en/announcements/grok-imagine-2-2026-08.md"],"note":"1K and 2K alike; size and quality are refused: aspect_ratio and resolution say it. No data set has a price"},
{"id":"grok-imagine-image-quality","label":"Grok Imagine Image Quality","modality":"image","released":"2026-04-03","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":50000000000}],"perInputImage":10000000000,"unverified":["per_input_image"]}],"confidence":"reseller","source":["md","https://www.atlascloud.ai/blog/guides/xai-grok-api-image-generation","https://docs.laozhang.ai/en/announcements/grok-imagine-2-2026-08.md"],"note":"A reseller sells it for 0.045"},
{"id":"grok-imagine-image-2.0","label":"Grok Imagine Image 2.0","modality":"image","released":"2026-08-07","capabilities":{"edit":true},"prices":[{"perImage":[{"rate":40000000000,"quality":"low","maxPixels":1179648},{"rate":60000000000,"quality":"low","maxPixels":4718592},{"rate":60000000000,"quality":"medium","maxPixels":1179648},{"rate":80000000000,"quality":"medium","maxPixels":4718592}],"perInputImage":10000000000}],"confidence":"unverified","source":["md","https://docs.apiyi.com/ru/api-capabilities/grok-imagine-image-official/overview.md","https://docs.laozhang.ai/en/announcements/grok-imagine-2-2026-08.md"],"note":"by 1K and 2K, read as squares of that side and an eighth more, as sides are rounded; what 1.5K costs was not read, nor which quality is usual"}
]},
{"provider":{"key":"zai","label":"Z.AI","kind":"zai","baseUrl":"https://api.z.ai/api/paas/v4","apiKeyEnv":"ZAI_API_KEY","checked":"2026-11-23"},"models":[
{"id":"glm-4.7","label":"GLM-4.7","released":"2025-12-22","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":600000,"output":2200000,"cachedRead":110000}}],"confidence":"two-datasets","source":["pi","md","ll"]},
{"id":"glm-5-turbo","label":"GLM-5-Turbo","released":"2026-03-16","context":200000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":1200000,"output":4000000,"cachedRead":240000}}],"confidence":"one-dataset","source":["pi","md"]},
{"id":"glm-5.2","label":"GLM-5.2","released":"2026-06-13","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"glm-5.3","label":"GLM-5.3","released":"2026-08-14","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000}}],"confidence":"two-datasets","source":["pi","md","ge"]},
{"id":"glm-5.3-flash","label":"GLM-5.3-Flash","released":"2026-08-26","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":150000,"output":500000,"cachedRead":30000}}],"confidence":"one-dataset","source":["pi","md","ge"],"note":"genai-prices 0.075/0.25 (2026-09-23); models.dev 2026-09-28 and pi 2026-11-10 agree on 0.15/0.5, so a launch discount probably ended"},
{"id":"glm-4.5","label":"GLM-4.5","released":"2025-07-28","context":131072,"maxOutput":98304,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":600000,"output":2200000,"cachedRead":110000}}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-4.5-air","label":"GLM-4.5-Air","released":"2025-07-28","context":131072,"maxOutput":98304,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":200000,"output":1100000,"cachedRead":30000}}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-4.5-flash","label":"GLM-4.5-Flash","released":"2025-07-28","context":131072,"maxOutput":98304,"capabilities":{"tools":true,"reasoning":true,"vision":false,"promptCaching":false},"prices":[{"free":true}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-4.6","label":"GLM-4.6","released":"2025-09-30","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":600000,"output":2200000,"cachedRead":110000}}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-4.6v","label":"GLM-4.6V","released":"2025-12-08","context":128000,"maxOutput":32768,"capabilities":{"tools":true,"vision":true,"reasoning":true,"promptCaching":false},"prices":[{"rates":{"input":300000,"output":900000}}],"confidence":"one-dataset","source":["md"]},
{"id":"glm-4.7-flash","label":"GLM-4.7-Flash","released":"2026-01-19","context":200000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"vision":false,"promptCaching":false},"prices":[{"free":true}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-4.7-flashx","label":"GLM-4.7-FlashX","released":"2026-01-19","context":200000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":70000,"output":400000,"cachedRead":10000}}],"confidence":"one-dataset","source":["md"]},
{"id":"glm-5","label":"GLM-5","released":"2026-02-12","context":204800,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":1000000,"output":3200000,"cachedRead":200000}}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-5.1","label":"GLM-5.1","released":"2026-04-07","context":200000,"maxOutput":131072,"capabilities":{"tools":true,"reasoning":true,"structuredOutput":true,"promptCaching":true,"vision":false},"prices":[{"rates":{"input":1400000,"output":4400000,"cachedRead":260000}}],"confidence":"two-datasets","source":["md","ll"]},
{"id":"glm-5.3-flashx","label":"GLM-5.3-FlashX","released":"2026-09-18","context":1000000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"structuredOutput":true,"promptCaching":true},"prices":[{"rates":{"input":370000,"output":1250000,"cachedRead":75000}}],"confidence":"one-dataset","source":["md"]},
{"id":"glm-5v-turbo","label":"GLM-5V-Turbo","released":"2026-04-01","context":200000,"maxOutput":131072,"capabilities":{"tools":true,"vision":true,"pdf":true,"reasoning":true,"promptCaching":true},"prices":[{"rates":{"input":1200000,"output":4000000,"cachedRead":240000}}],"confidence":"one-dataset","source":["md"]},
{"id":"glm-image","label":"glm-image","modality":"image","released":"2026-01-19","prices":[{"perImage":[{"rate":15000000000}]}],"confidence":"unverified","source":["recalled"],"note":"docs.z.ai/guides/overview/pricing.md lists it, the stored excerpt stops before the image table"},
{"id":"cogview-4","label":"cogview-4","upstream":"cogview-4-250304","modality":"image","prices":[{"perImage":[{"rate":10000000000}]}],"confidence":"unverified","source":["recalled"],"note":"as glm-image"}
]}
]`)

// oxlint-disable-next-line typescript/no-unsafe-return -- it was checked when it was written
export const equivalents = (): Equivalents => JSON.parse(`{"tiers":[
{"key":"text.nano","up":"text.small","members":[{"id":"bedrock/amazon.nova-micro-v1:0"},{"id":"groq/openai/gpt-oss-20b"},{"id":"qwen/qwen-flash"},{"id":"mistral/ministral-8b-2512"},{"id":"gemini/gemini-2.5-flash-lite"},{"id":"openai/gpt-6-luna"},{"id":"anthropic/claude-haiku-5-5"},{"id":"openai/gpt-4o-mini"}]},
{"key":"text.small","up":"text.medium","members":[{"id":"qwen/qwen3.8-flash"},{"id":"zai/glm-5.3-flash"},{"id":"minimax/MiniMax-M3.1-Flash"},{"id":"deepseek/deepseek-flash"},{"id":"mistral/mistral-small-2603"},{"id":"groq/openai/gpt-oss-120b"},{"id":"openai/gpt-5.6-luna"},{"id":"minimax/MiniMax-M3"},{"id":"gemini/gemini-3.1-flash-lite"},{"id":"gemini/gemini-3.5-flash-lite"},{"id":"gemini/gemini-2.5-flash"},{"id":"anthropic/claude-haiku-4-5"}],"origins":["deepseek/deepseek-v3"]},
{"key":"text.medium","up":"text.large","members":[{"id":"mistral/mistral-large-2512"},{"id":"deepseek/deepseek-v4-pro"},{"id":"mistral/mistral-large-4"},{"id":"qwen/qwen3.7-plus"},{"id":"gemini/gemini-3.8-flash"},{"id":"xai/grok-4.3"},{"id":"moonshot/kimi-k2.6"},{"id":"openai/gpt-6.1-terra"},{"id":"zai/glm-5.3"},{"id":"openai/gpt-4o"},{"id":"cohere/command-a-03-2025"}],"origins":["mistral/mistral-large"]},
{"key":"text.large","up":"text.reasoning","members":[{"id":"xai/grok-4.7"},{"id":"qwen/qwen3.8-max"},{"id":"mistral/mistral-medium-2604"},{"id":"openai/gpt-6.1-sol"},{"id":"openai/gpt-6.2-sol"},{"id":"anthropic/claude-sonnet-5-5"},{"id":"gemini/gemini-4-argon"},{"id":"moonshot/kimi-k3.1-pro"},{"id":"gemini/gemini-3.1-pro-preview"},{"id":"perplexity/sonar-pro"}]},
{"key":"text.reasoning","members":[{"id":"deepseek/deepseek-v4-pro"},{"id":"xai/grok-4.7"},{"id":"gemini/gemini-4-argon"},{"id":"anthropic/claude-opus-5-5"},{"id":"openai/gpt-6.2-astra"},{"id":"anthropic/claude-fable-5-2"},{"id":"openai/gpt-6-astra"}]},
{"key":"image.fast","up":"image.quality","members":[{"id":"minimax/image-01"},{"id":"openai/gpt-image-2.6-flare","params":{"quality":"low"}},{"id":"bfl/flux-3-image-klein"},{"id":"bfl/flux-2-klein-4b"},{"id":"zai/glm-image"},{"id":"xai/grok-imagine-image"},{"id":"bytedance/seedream-5.5"},{"id":"ideogram/ideogram-4","params":{"quality":"turbo"}},{"id":"gemini/gemini-3.1-flash-lite-image"},{"id":"bytedance/seedream-5.0-lite"}]},
{"key":"image.quality","members":[{"id":"bfl/flux-2-pro"},{"id":"bytedance/seedream-4.5"},{"id":"bfl/flux-3-image"},{"id":"gemini/gemini-3.1-flash-image"},{"id":"bfl/flux-2-max"},{"id":"hunyuan/hy-image-v3.5-preview"},{"id":"ideogram/ideogram-4-5","params":{"quality":"high"}},{"id":"gemini/gemini-3-pro-image"},{"id":"openai/gpt-image-2.6-sunburst","params":{"quality":"high"}}]},
{"key":"embedding.small","up":"embedding.large","members":[{"id":"openai/text-embedding-3-small"}]},
{"key":"embedding.large","members":[{"id":"cohere/embed-v4.0"},{"id":"openai/text-embedding-3-large"},{"id":"gemini/gemini-embedding-001"}]}
],"sameModels":[
["anthropic/claude-fable-5-2","bedrock/global.anthropic.claude-fable-5-2"],
["anthropic/claude-haiku-4-5","bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0"],
["anthropic/claude-haiku-5-5","bedrock/global.anthropic.claude-haiku-5-5","openrouter/anthropic/claude-haiku-5.5"],
["anthropic/claude-opus-5-5","bedrock/global.anthropic.claude-opus-5-5"],
["anthropic/claude-sonnet-4-6","bedrock/global.anthropic.claude-sonnet-4-6"],
["anthropic/claude-sonnet-5","bedrock/global.anthropic.claude-sonnet-5"],
["anthropic/claude-sonnet-5-5","bedrock/global.anthropic.claude-sonnet-5-5","openrouter/anthropic/claude-sonnet-5.5"],
["openai/gpt-4.1","azure/gpt-4.1"],
["openai/gpt-4.1-mini","azure/gpt-4.1-mini"],
["openai/gpt-4o","azure/gpt-4o"],
["openai/gpt-4o-mini","azure/gpt-4o-mini"],
["openai/gpt-5-mini","azure/gpt-5-mini"],
["openai/gpt-5-nano","azure/gpt-5-nano"],
["openai/gpt-5.2","azure/gpt-5.2"],
["openai/gpt-5.4","azure/gpt-5.4"],
["openai/gpt-5.4-mini","azure/gpt-5.4-mini"],
["openai/gpt-5.4-nano","azure/gpt-5.4-nano"],
["openai/gpt-5.5","azure/gpt-5.5"],
["openai/gpt-5.6-luna","azure/gpt-5.6-luna"],
["openai/gpt-5.6-sol","azure/gpt-5.6-sol"],
["openai/gpt-6-astra","azure/gpt-6-astra"],
["openai/gpt-6-luna","azure/gpt-6-luna","bedrock/global.openai.gpt-6-luna"],
["openai/gpt-6-sol","azure/gpt-6-sol"],
["openai/gpt-6.1-sol","azure/gpt-6.1-sol","bedrock/global.openai.gpt-6.1-sol"],
["openai/gpt-6.1-terra","azure/gpt-6.1-terra"],
["deepseek/deepseek-flash","together/deepseek-ai/DeepSeek-V4.1-Flash","fireworks/accounts/fireworks/models/deepseek-v4p1-flash-1017"],
["deepseek/deepseek-v4-pro","together/deepseek-ai/DeepSeek-V4-Pro-0813"],
["groq/openai/gpt-oss-120b","together/openai/gpt-oss-120b","fireworks/accounts/fireworks/models/gpt-oss-120b","bedrock/openai.gpt-oss-120b-1:0"],
["groq/openai/gpt-oss-20b","together/openai/gpt-oss-20b"]
]}`)
