/** Variables that hold an issuer's secrets: its provider settings name each as env:NAME. */
export function secretsNamed(setting: unknown): string[] {
  // In a mail server's address it stands as password, where a colon may be written as %3A.
  if (typeof setting === 'string')
    return Array.from(setting.matchAll(/\benv(?::|%3A)(\w+)/gi), ([, name]) => name!)
  if (typeof setting !== 'object' || setting === null) return []
  return [...new Set(Object.values(setting).flatMap(secretsNamed))]
}
