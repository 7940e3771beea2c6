import { expect, it } from 'vitest'
import { SetupError } from './errors.ts'
import { errorFields } from './log.ts'

it('says what the operator has to mend, and quotes nobody else', () => {
  expect(errorFields(new SetupError('the environment lacks ACME_KEY'))).toEqual({
    reason: 'SetupError',
    sentence: 'the environment lacks ACME_KEY',
  })
  const quoting = Object.assign(new Error('duplicate key (email)=(mei@example.com)'), { code: '23505' })
  expect(errorFields(quoting)).toMatchObject({ reason: 'Error', code: '23505' })
  expect(JSON.stringify(errorFields(quoting))).not.toContain('mei@')
})
