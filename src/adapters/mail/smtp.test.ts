import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { simpleParser } from 'mailparser'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../sim/certificates.ts'
import { startMailSim, type MailSimOptions } from '../../../sim/mail.ts'
import { exampleMail, mailConformance } from './conformance.ts'
import { makeDkimKey } from './dkim-key.ts'
import { judgeSmtpError } from './judge-smtp-error.ts'
import { smtpMail, type SmtpConfig } from './smtp.ts'

const local = (port: number): SmtpConfig => ({ host: '127.0.0.1', port, requireTls: false, timeoutMs: 5_000 })

mailConformance('SMTP against its simulator', async () => {
  const sim = await startMailSim()
  return {
    port: smtpMail({ ...local(sim.port), timeoutMs: 1_000 }),
    world: {
      fail: (order) => sim.control.failures.set(order as never),
      taken: (messageId) => sim.taken(messageId),
      stop: () => sim.stop(),
    },
  }
})

describe('SMTP', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function setUp(config: Partial<SmtpConfig> = {}, options: MailSimOptions = {}) {
    const sim = await startMailSim(options)
    const port = smtpMail({ ...local(sim.port), ...config })
    stops.push(
      () => port.close(),
      () => sim.stop(),
    )
    return { sim, port }
  }
  const dkim = makeDkimKey('leb.example', 'leb1')

  /** The names of the DKIM results, with our record as the only one in the world. */
  async function dkimResults(raw: string): Promise<string[]> {
    const resolver = async (name: string, type: string) => {
      if (name === dkim.record.name && type === 'TXT') return [[dkim.record.value]]
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    }
    const { results } = await dkimVerify(Buffer.from(raw, 'latin1'), { resolver })
    return results.map(({ status }: { status: { result: string } }) => status.result)
  }

  it('signs so that a receiver can check it, and a changed mail fails the check', async () => {
    const { sim, port } = await setUp({ dkim: [dkim.key] })
    await port.send(exampleMail())
    const raw = sim.messages()[0]?.raw ?? ''
    expect(await dkimResults(raw)).toEqual(['pass'])
    expect(
      await dkimResults(raw.replace('Auto-Submitted: auto-generated', 'Auto-Submitted: no') + 'x'),
    ).toEqual(['neutral'])
  })

  it('signs for subdomains of the key, and not for a stranger', async () => {
    const { sim, port } = await setUp({ dkim: [dkim.key] })
    await port.send(exampleMail({ from: { name: '', address: 'a@mail.leb.example' } }))
    await port.send(exampleMail({ from: { name: '', address: 'a@notleb.example' } }))
    expect(sim.messages().map(({ raw }) => /^DKIM-Signature:/m.test(raw))).toEqual([true, false])
  })

  it('arrives as it was meant', async () => {
    const { sim, port } = await setUp({ dkim: [dkim.key] })
    const date = new Date('2026-11-22T08:00:00Z')
    const sent = await port.send(exampleMail({ date }))
    const mail = sim.messages('jane@example.com')[0]
    const parsed = await simpleParser(Buffer.from(mail?.raw ?? '', 'latin1'))
    expect(parsed).toMatchObject({
      subject: '注销确认单 · Your closure slip',
      date,
      messageId: sent.kind === 'done' ? `<${sent.value.messageId}>` : 'not sent',
      from: { value: [{ name: 'LEB 客服', address: 'care@leb.example' }] },
      to: { value: [{ address: 'jane@example.com' }] },
    })
    expect(parsed.text).toContain('您好 Jane,\n.\nYour slip')
    expect(parsed.html).toContain('<p>您好 Jane</p>')
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
    expect(parsed.attachments[0]).toMatchObject({ filename: '确认单.pdf', contentType: 'application/pdf' })
    expect(parsed.attachments[0]?.content.toString()).toBe('%PDF-1.7 sample')
    expect(mail?.to).toEqual(['jane@example.com'])
  })

  it('cannot be made to send headers by a subject', async () => {
    const { sim, port } = await setUp()
    await port.send(exampleMail({ subject: 'hello\r\nBcc: eve@example.com' }))
    expect(sim.messages()[0]?.to).toEqual(['jane@example.com'])
    expect(sim.messages()[0]?.raw).not.toMatch(/^Bcc:/m)
  })

  it('sends nothing in the clear unless it is told that it may', async () => {
    const { sim, port } = await setUp({ requireTls: true })
    expect((await port.send(exampleMail())).kind).toBe('unknown')
    expect(sim.messages()).toEqual([])
  })

  it('sends over TLS to a server whose authority it knows, and to no other', async () => {
    const [pki, stranger] = [await makeCertificates(), await makeCertificates()]
    const { sim, port } = await setUp({ requireTls: true, tls: { ca: pki.ca } }, { tls: pki.server })
    const wary = smtpMail({ ...local(sim.port), requireTls: true, tls: { ca: stranger.ca } })
    stops.push(() => wary.close())
    expect((await port.send(exampleMail())).kind).toBe('done')
    expect((await wary.send(exampleMail())).kind).toBe('unknown')
    expect(sim.messages()).toHaveLength(1)
    expect(sim.messages()[0]?.raw).toContain('@leb.example>')
  })

  it('a server that is not there is unknown, not a refusal', async () => {
    const { sim, port } = await setUp()
    await sim.stop()
    expect(await port.send(exampleMail())).toEqual({ kind: 'unknown', reason: 'connection_failed' })
  })

  it('a server that accepts and never speaks is given up in time', async () => {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const port = smtpMail({ ...local((server.address() as { port: number }).port), timeoutMs: 150 })
    stops.push(
      () => port.close(),
      () => server.close(),
    )
    expect(await port.send(exampleMail())).toEqual({ kind: 'unknown', reason: 'timeout' })
  })

  it('the simulator writes files when asked, and only counts when asked', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'leb-mail-'))
    stops.push(() => rm(dir, { recursive: true }))
    const { sim, port } = await setUp({}, { dir, keep: 0 })
    await port.send(exampleMail())
    const files = await readdir(dir)
    expect(files).toHaveLength(1)
    expect((await simpleParser(await readFile(join(dir, files[0] ?? '')))).subject).toContain('注销确认单')
    expect(sim.messages()).toEqual([])
    const counts = await (await fetch(`${sim.control.url}/sim/counts`)).json()
    expect(counts).toMatchObject({ total: 1, byRecipient: { 'jane@example.com': 1 } })
  })

  it.each([
    [{ code: 'EENVELOPE', responseCode: 550, command: 'RCPT TO' }, 'refused', 'recipient_refused'],
    [{ code: 'EENVELOPE', responseCode: 450, command: 'RCPT TO' }, 'unknown', undefined],
    [{ code: 'EENVELOPE', responseCode: 553, command: 'MAIL FROM' }, 'refused', 'sender_refused'],
    [{ code: 'EMESSAGE', responseCode: 552, command: 'DATA' }, 'refused', 'message_refused'],
    [{ code: 'EMESSAGE', responseCode: 451, command: 'DATA' }, 'unknown', undefined],
    [{ code: 'EAUTH', responseCode: 535, command: 'AUTH PLAIN' }, 'unknown', undefined],
    [{ code: 'EPROTOCOL', responseCode: 554, command: 'CONN' }, 'unknown', undefined],
    [{ code: 'ETIMEDOUT' }, 'unknown', undefined],
    [undefined, 'unknown', undefined],
  ])('judges %j', (error, kind, code) => {
    const answer = judgeSmtpError(error, 'id@leb.example')
    expect(answer.kind).toBe(kind)
    expect(answer.kind === 'refused' ? answer.code : undefined).toBe(code)
  })
})
