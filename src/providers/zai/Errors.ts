/**
 * What Z.AI's codes of errors mean, of texts and images alike.
 *
 * Read 2026-11-23: `zai-org/z-ai-sdk-python:src/zai`. Codes besides 1302, 1113 and 1301 are unverified.
 */
import type { Kind } from "../../internal/refusal.ts"

export const kinds: Readonly<Record<string, Kind>> = {
  "1110": "quota",
  "1111": "quota",
  "1112": "quota",
  "1113": "quota",
  "1121": "quota",
  "1301": "filtered",
  "1302": "limited",
  "1303": "limited",
  "1305": "limited"
}
