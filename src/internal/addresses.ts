/** Which addresses of the network are public, so that a URL given by a user cannot reach the machine it is fetched from. */

/** The IANA special-purpose blocks of IPv4, with multicast and the reserved class E. */
const reservedV4: ReadonlyArray<readonly [first: number, bits: number]> = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0586300, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 3]
]

/** The blocks inside 2000::/3, the only public one, that are tunnels (which can carry a private IPv4), tests or documents. */
const reservedV6: ReadonlyArray<readonly [first: number, bits: number]> = [
  [0x20010000, 23],
  [0x20010db8, 32],
  [0x20020000, 16],
  [0x3fff0000, 20]
]

const within = (value: number, blocks: ReadonlyArray<readonly [first: number, bits: number]>): boolean =>
  blocks.some(([first, bits]) => (value ^ first) >>> (32 - bits) === 0)

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

const parseV4 = (text: string): number | undefined => {
  const octets = dotted.exec(text)?.slice(1).map(Number)
  if (octets === undefined || octets.some((octet) => octet > 255)) return undefined
  return octets.reduce((value, octet) => value * 256 + octet, 0)
}

/** The first 32 bits of an IPv6 address: all that decides whether it is public. */
const headOfV6 = (text: string): number | undefined => {
  const literal = `http://[${text}]`
  if (!URL.canParse(literal)) return undefined
  const [high = "", low = ""] = new URL(literal).hostname.slice(1, -1).split(":")
  return parseInt(high || "0", 16) * 0x10000 + parseInt(low || "0", 16)
}

/**
 * Whether an IP address, as a resolver or `URL.hostname` spells it, belongs to the public internet.
 *
 * IPv6 forms that embed an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) are never public, whatever they embed.
 */
export const isPublic = (address: string): boolean => {
  const v4 = parseV4(address)
  if (v4 !== undefined) return !within(v4, reservedV4)
  const v6 = headOfV6(address.split("%", 1)[0] ?? "")
  return v6 !== undefined && v6 >>> 29 === 1 && !within(v6, reservedV6)
}

/**
 * The IP address that the host of a parsed URL is, without the brackets of IPv6; `undefined` for a name.
 *
 * `URL` has already turned hexadecimal, octal and decimal spellings into dotted ones.
 */
export const literalOf = (hostname: string): string | undefined =>
  hostname.startsWith("[") ? hostname.slice(1, -1) : parseV4(hostname) === undefined ? undefined : hostname

/** Whether a host name means this machine, with or without the dot of a full name. */
export const isLocalName = (hostname: string): boolean => /(^|\.)localhost\.?$/i.test(hostname)
