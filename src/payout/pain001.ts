import { decimal } from '../ledger/money.ts'
import { assert } from '../platform/errors.ts'
import { isSepa } from './iban.ts'

/** The account that the issuer pays from. */
export type Debtor = { name: string; iban: string; bic?: string | undefined }
export type Transfer = {
  endToEndId: string
  /** Minor units, more than 0. */
  amount: bigint
  currency: string
  name: string
  iban: string
  /** What the payee reads on the statement. */
  text: string
}

/**
 * A customer credit transfer initiation, ISO 20022 pain.001.001.09. Transfers are grouped by currency and by whether
 * they are SEPA ones: only those carry the service level SEPA, with charges as its rulebook says; of the others the
 * holder gets every cent (DEBT). The same input always gives the same bytes.
 * @param messageId at most 32 signs, never used before
 */
export function pain001(input: {
  messageId: string
  createdAt: Date
  debtor: Debtor
  transfers: Transfer[]
}): string {
  const { messageId, debtor, transfers } = input
  assert(transfers.length > 0, 'a file holds at least one transfer')
  const createdAt = `${input.createdAt.toISOString().slice(0, 19)}Z`
  const day = createdAt.slice(0, 10)
  const groups = new Map<string, Transfer[]>()
  for (const transfer of transfers) {
    const key = `${transfer.currency}/${levelOf(transfer)}`
    groups.set(key, [...(groups.get(key) ?? []), transfer])
  }
  const payments = [...groups.values()].map((group, index) =>
    paymentInfo({ id: `${messageId}-${index + 1}`, day, debtor }, group),
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>',
    `<GrpHdr>${tag('MsgId', messageId)}${tag('CreDtTm', createdAt)}${totals(transfers)}`,
    `<InitgPty>${tag('Nm', debtor.name)}</InitgPty></GrpHdr>`,
    ...payments,
    '</CstmrCdtTrfInitn></Document>',
    '',
  ].join('\n')
}

function paymentInfo(at: { id: string; day: string; debtor: Debtor }, group: Transfer[]): string {
  const { id, day, debtor } = at
  const level = levelOf(group[0]!)
  const agent = debtor.bic ? tag('BICFI', debtor.bic) : `<Othr>${tag('Id', 'NOTPROVIDED')}</Othr>`
  return [
    `<PmtInf>${tag('PmtInfId', id)}${tag('PmtMtd', 'TRF')}${totals(group)}`,
    ...(level === 'SEPA' ? [`<PmtTpInf><SvcLvl>${tag('Cd', level)}</SvcLvl></PmtTpInf>`] : []),
    `<ReqdExctnDt>${tag('Dt', day)}</ReqdExctnDt><Dbtr>${tag('Nm', debtor.name)}</Dbtr>`,
    `<DbtrAcct><Id>${tag('IBAN', debtor.iban)}</Id></DbtrAcct>`,
    `<DbtrAgt><FinInstnId>${agent}</FinInstnId></DbtrAgt>${tag('ChrgBr', level === 'SEPA' ? 'SLEV' : 'DEBT')}`,
    ...group.map(creditTransfer),
    '</PmtInf>',
  ].join('\n')
}

function creditTransfer(transfer: Transfer): string {
  const { endToEndId, currency, name, iban, text } = transfer
  return [
    `<CdtTrfTxInf><PmtId>${tag('InstrId', endToEndId)}${tag('EndToEndId', endToEndId)}</PmtId>`,
    `<Amt><InstdAmt Ccy="${currency}">${decimal(transfer)}</InstdAmt></Amt>`,
    `<Cdtr>${tag('Nm', name)}</Cdtr><CdtrAcct><Id>${tag('IBAN', iban)}</Id></CdtrAcct>`,
    `<RmtInf>${tag('Ustrd', text)}</RmtInf></CdtTrfTxInf>`,
  ].join('')
}

const levelOf = ({ currency, iban }: Transfer) => (currency === 'EUR' && isSepa(iban) ? 'SEPA' : 'other')

function totals(transfers: Transfer[]): string {
  const sum = controlSum(transfers)
  // DecimalNumber has 18 digits at most; the sum may be left out (pain.001.001.09, CtrlSum 0..1).
  const fits = sum.replace('.', '').length <= 18
  return tag('NbOfTxs', String(transfers.length)) + (fits ? tag('CtrlSum', sum) : '')
}

/** The sum of all amounts whatever their currency, as the standard has it: exact, in four decimal places at most. */
export function controlSum(transfers: Pick<Transfer, 'amount' | 'currency'>[]): string {
  const tenThousandths = transfers.reduce((sum, transfer) => {
    const [whole, fraction = ''] = decimal(transfer).split('.')
    return sum + BigInt(whole! + fraction.padEnd(4, '0'))
  }, 0n)
  const text = tenThousandths.toString().padStart(5, '0')
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/\.?0+$/, '')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
function tag(name: string, text: string): string {
  return `<${name}>${text.replace(/[&<>]/g, (sign) => entities[sign]!)}</${name}>`
}
