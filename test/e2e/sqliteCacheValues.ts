/** The value that every process keeps under a number: of different lengths, and told from others by each byte. */
export const valueOf = (n: number): Buffer => Buffer.alloc((n * 37) % 9000, `value ${n} `)
