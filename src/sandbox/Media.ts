/**
 * Checks of the files that come as base64.
 */

const magic: Readonly<Record<string, string>> = {
  png: "89504e47",
  jpeg: "ffd8ff",
  gif: "47494638",
  webp: "52494646",
  pdf: "25504446"
}

/** The bytes; undefined when the text is empty or no base64. */
export const decode = (base64: string): Buffer | undefined =>
  base64.length > 0 && base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64)
    ? Buffer.from(base64, "base64")
    : undefined

/** Tells by the first bytes whether they are of the type, such as `png`. */
export const isOf = (type: string, bytes: Buffer): boolean => {
  const start = Object.hasOwn(magic, type) ? magic[type] : undefined
  return start !== undefined && bytes.subarray(0, 4).toString("hex").startsWith(start)
}
