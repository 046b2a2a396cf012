/**
 * The vendors that speak Chat Completions by a record of their own.
 */
import type { Vendor } from "./chat/Vendor.ts"
import { deepSeek } from "./vendors/DeepSeek.ts"

export const vendors = {
  deepseek: deepSeek
} as const satisfies Readonly<Record<string, Vendor>>
