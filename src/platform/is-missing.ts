/** Whether nothing at all stands at a place, which is told in other words than what is wrong with something. */
export function isMissing(whole: unknown, path: PropertyKey[]): boolean {
  let at = whole
  for (const part of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[part]
  return at === undefined
}
