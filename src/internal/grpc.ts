/**
 * The statuses of gRPC that vendors tell where there is no HTTP answer, as the HTTP statuses that they stand for.
 */

const statuses: ReadonlyArray<readonly [name: string, status: number]> = [
  ["ok", 200],
  ["cancelled", 499],
  ["unknown", 500],
  ["invalid_argument", 400],
  ["deadline_exceeded", 504],
  ["not_found", 404],
  ["already_exists", 409],
  ["permission_denied", 403],
  ["resource_exhausted", 429],
  ["failed_precondition", 400],
  ["aborted", 409],
  ["out_of_range", 400],
  ["unimplemented", 501],
  ["internal", 500],
  ["unavailable", 503],
  ["data_loss", 500],
  ["unauthenticated", 401]
]
const byName = new Map(statuses)

/** A status by its number or its name: the name in gRPC's own writing (`RESOURCE_EXHAUSTED`), and the status. */
export const statusOf = (code: unknown): { readonly name: string; readonly status: number } | undefined => {
  const name = typeof code === "number"
    ? statuses[code]?.[0]
    : typeof code === "string"
    ? code.toLowerCase().replaceAll("-", "_")
    : undefined
  const status = name === undefined ? undefined : byName.get(name)
  return name === undefined || status === undefined ? undefined : { name: name.toUpperCase(), status }
}
