import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { unzip } from '../../test/unzip.ts'
import { readClosure } from '../closure/read-closure.ts'
import { exportAccount } from '../privacy/export-person.ts'

let leb: Outside
let api: Api
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  api = openApi(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
})

it('a slip and a certificate are called the same wherever they are saved', async () => {
  const email = 'names@example.com'
  const card = await seedCard(leb, { email })
  const token = await api.signIn('leb', email)
  const declared = await api.post('/api/v1/issuers/leb/closures', {
    token,
    body: { accountId: card.accountId, cards: [card.cardId], start: 'at_once', zone: 'Asia/Shanghai' },
    headers: { accept: 'application/pdf' },
  })
  const number = declared.headers.get('leb-closure-number')!
  const { closureId } = (await readClosure(leb, { issuerId: 'leb', number }))!
  const closure = `/api/v1/issuers/leb/closures/${number}`
  const code = await leb.codeOf('leb', closureId)
  expect((await api.post(`${closure}/identity`, { token, body: { code } })).status).toBe(204)
  await leb.look('leb', closureId)
  await leb.sendMails('leb')

  const visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.signIn(leb, 'leb', email)
  const saved = ({ headers }: { headers: Headers }) =>
    /^attachment; filename="(.*)"$/.exec(headers.get('content-disposition')!)![1]
  const mailed = leb.world.sims.mail.messages(email).flatMap(({ raw }) => raw.match(/[\w-]+\.pdf/g) ?? [])
  const exported = unzip(await exportAccount(leb, { issuerId: 'leb', accountId: card.accountId }))
  expect(saved(declared)).toBe(`${number}-slip.pdf`)
  for (const kind of ['slip', 'certificate']) {
    const name = `${number}-${kind}.pdf`
    expect(saved(await api.get(`${closure}/${kind}`, { token }))).toBe(name)
    expect(saved(await visit.fetch(`/leb/en/closures/${number}/${kind}.pdf`))).toBe(name)
    expect(mailed).toContain(name)
    expect([...exported.keys()]).toContain(`documents/${name}`)
  }
})
