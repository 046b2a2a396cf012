/**
 * The vendors that speak Chat Completions by a record of their own.
 */
import type { Vendor } from "./chat/Vendor.ts"
import { deepSeek } from "./vendors/DeepSeek.ts"
import { zai } from "./vendors/Zai.ts"

export const vendors = {
  deepseek: deepSeek,
  zai
} as const satisfies Readonly<Record<string, Vendor>>
