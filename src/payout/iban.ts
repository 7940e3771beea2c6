/** Length of an IBAN by country (IBAN registry of ISO 13616). A country that is not here has none. */
const lengths: Record<string, number> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 ' +
    'YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

export type IbanFault = 'not_an_iban' | 'unknown_country' | 'wrong_length' | 'wrong_check_digits'

/**
 * What someone typed as an IBAN, without spaces and in capitals, or what is wrong with it: form and length by country
 * (ISO 13616), check digits by modulo 97 (ISO 7064).
 */
export function readIban(typed: string): { iban: string } | { fault: IbanFault } {
  const iban = typed.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{1,30}$/.test(iban)) return { fault: 'not_an_iban' }
  const length = lengths[iban.slice(0, 2)]
  if (length === undefined) return { fault: 'unknown_country' }
  if (iban.length !== length) return { fault: 'wrong_length' }
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((sign) => Number.parseInt(sign, 36)).join('')
  return BigInt(digits) % 97n === 1n ? { iban } : { fault: 'wrong_check_digits' }
}

const sepa = new Set(
  (
    'AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS ' +
    'SE SI SK SM VA'
  ).split(' '),
)

/** True where a euro transfer to this IBAN is a SEPA one (European Payments Council, EPC409-09). */
export const isSepa = (iban: string) => sepa.has(iban.slice(0, 2))
