/** Another transaction took what we looked at before we wrote. Trying again (inIssuer) finds it taken. */
export class TakenMeanwhile extends Error {
  readonly code = '40001'
}

/**
 * For a write that looked its keys up before: makes of a key taken since a reason to try again, and passes on whatever
 * else it failed of. In place of `on conflict do nothing`, which costs each row a second record in the log.
 * @param constraint whose uniqueness says so
 */
export function takenMeanwhile(constraint: string): (error: unknown) => never {
  return (error) => {
    const { code, constraint: broken } = error as { code?: string; constraint?: string }
    if (code === '23505' && broken === constraint)
      throw new TakenMeanwhile(`${constraint}: a key was taken meanwhile`, { cause: error })
    throw error
  }
}
