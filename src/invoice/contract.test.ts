import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { contractContent, type ContractInput, keepContract } from './contract.ts'
import { soldCard } from './orders.fixture.ts'
import { termsAt, termsByVersion, termsSha256 } from './terms.ts'
import { termsPutCommand } from './terms-command.ts'

let ctx: TestWorld
let dir: string
beforeAll(async () => {
  ctx = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-terms-'))
})
afterAll(async () => {
  await ctx.stop()
  await rm(dir, { recursive: true, force: true })
})

const put = async (file: unknown, issuer = 'leb') => {
  const path = join(dir, 'terms.json')
  await writeFile(path, typeof file === 'string' ? file : JSON.stringify(file))
  let said = ''
  await termsPutCommand(ctx, { file: path, issuer, json: true, out: (text) => void (said += text) })
  return JSON.parse(said) as { added: boolean; version: string; sha256: string }
}
const words = (zh: string, en: string) => ({ 'zh-CN': zh, en })

describe('terms', () => {
  it('are in force from when they were put, and every version stays to be read', async () => {
    const first = await put({ version: '1', text: words('一', 'one') })
    expect(first).toMatchObject({ added: true, sha256: termsSha256(words('一', 'one')) })
    expect(await put({ version: '1', text: words('一', 'one') })).toMatchObject({ added: false })
    const between = ctx.clock.now()
    ctx.clock.advance({ hours: 1 })
    await put({ version: '2', text: words('二', 'two') })
    await inIssuer(ctx.db, 'leb', async (tx) => {
      expect((await termsAt(tx, 'leb', between))!.version).toBe('1')
      expect((await termsAt(tx, 'leb', ctx.clock.now()))!.version).toBe('2')
      expect(await termsAt(tx, 'leb', new Date('2020-01-01'))).toBeUndefined()
      expect((await termsByVersion(tx, 'leb', '1'))!.text.en).toBe('one')
    })
  })

  it('of a version are never other ones', async () => {
    await expect(put({ version: '1', text: words('一', 'another') })).rejects.toThrow(
      /a version of their own/,
    )
    const change = (tx: Parameters<Parameters<typeof inIssuer>[2]>[0]) =>
      sql`update terms set sha256 = repeat('0', 64)`.execute(tx)
    await expect(inIssuer(ctx.db, 'leb', change)).rejects.toThrow(/stays as it is|permission denied/)
  })

  it.each([
    ['not json', /is not JSON/],
    [{ version: '3', text: { en: 'only one language' } }, /text\.zh-CN/],
    [{ version: 'über', text: words('三', 'three') }, /version/],
  ])('in a file that can’t be used are refused in one sentence: %j', async (file, sentence) => {
    await expect(put(file)).rejects.toThrow(sentence)
  })

  it('of an issuer that nobody set up are refused', async () => {
    await expect(put({ version: '1', text: words('一', 'one') }, 'nobody')).rejects.toThrow(
      /no issuer nobody/,
    )
  })
})

describe('a contract', () => {
  const inputFor = async (): Promise<ContractInput> => {
    const sold = await soldCard(ctx)
    const terms = await inIssuer(ctx.db, 'leb', (tx) => termsAt(tx, 'leb', ctx.clock.now()))
    return {
      issuerId: 'leb',
      orderId: sold.orderId,
      termsVersion: terms!.version,
      termsSha256: terms!.sha256,
      acceptedAt: new Date(ctx.clock.now().getTime() - 60_000),
    }
  }
  const keep = (input: ContractInput) => inIssuer(ctx.db, 'leb', (tx) => keepContract(ctx, tx, input))

  it('keeps what was bought, when the terms were accepted, and which they were; once', async () => {
    const input = await inputFor()
    const kept = await keep(input)
    expect(await keep(input)).toEqual(kept)
    const row = await inIssuer(ctx.db, 'leb', (tx) =>
      tx
        .selectFrom('contract')
        .selectAll()
        .where('contract_id', '=', kept.contractId)
        .executeTakeFirstOrThrow(),
    )
    const content = contractContent.parse(row.content)
    expect(content).toMatchObject({
      number: kept.number,
      bought: { text: { en: 'Top-up' } },
      price: { gross: '11900', tax: '0', currency: 'CNY' },
      terms: { version: input.termsVersion, sha256: input.termsSha256 },
    })
    expect(new Date(content.acceptedAt).getTime()).toBe(input.acceptedAt.getTime())
    expect(JSON.stringify(row.content)).not.toContain('李磊')
  })

  it('is refused under terms that the issuer never published, or published otherwise', async () => {
    const input = await inputFor()
    const refused = expect.objectContaining({ code: 'invoice/no_such_terms' }) as Error
    await expect(keep({ ...input, termsVersion: 'unheard-of' })).rejects.toEqual(refused)
    await expect(keep({ ...input, termsSha256: '0'.repeat(64) })).rejects.toEqual(refused)
  })
})
