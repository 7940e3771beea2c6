import type { Both } from './content.ts'

export type ReasonCode =
  | 'unreadable'
  | 'truncated'
  | 'no_seal'
  | 'appended'
  | 'changed'
  | 'unknown_issuer'
  | 'key_expired_at_signing'
  | 'key_revoked_at_signing'
  | 'signed_in_future'
  | 'swapped'

export type Reason = { code: ReasonCode; text: Both }

const TEXTS: Record<ReasonCode, Both> = {
  unreadable: { zh: '这不是可读的 PDF 文件。', en: 'This is not a readable PDF.' },
  truncated: {
    zh: '文件不完整，请重新下载。',
    en: 'The file is incomplete. Download it again.',
  },
  no_seal: { zh: '文件没有电子签章。', en: 'The file carries no seal.' },
  appended: {
    zh: '签章之后又附加了内容，或由几个文件拼接而成。',
    en: 'Something was added after it was sealed, or several files were joined.',
  },
  changed: { zh: '签章之后文件被改动过。', en: 'The file was changed after it was sealed.' },
  unknown_issuer: {
    zh: '您信任的根证书都不能证明这个签章。任何人都能以任何名称制作签章：请从发行公司的官方渠道（而不是从文件的来源）取得其根证书，再用 --trust 查验。',
    en: "No root that you trust vouches for the seal. Anyone can make a seal in any name: take the issuer's root from its official channels, not from where the file came from, and check again with --trust.",
  },
  key_expired_at_signing: {
    zh: '签章时，签章证书不在有效期内。',
    en: 'The sealing certificate was not valid at the time of sealing.',
  },
  key_revoked_at_signing: {
    zh: '签章时，签章证书已被吊销。',
    en: 'The sealing certificate had been revoked at the time of sealing.',
  },
  signed_in_future: {
    zh: '文件所称的签章时间尚未到来。',
    en: 'The sealing time it claims has not come yet.',
  },
  swapped: {
    zh: '所附数据与本文件或签章者不一致。',
    en: 'The attached data does not belong to this document or to its sealer.',
  },
}

/** Why a document is not genuine; thrown inside the verification, reported by it. */
export class NotGenuine extends Error {
  readonly code: ReasonCode
  constructor(code: ReasonCode) {
    super(TEXTS[code].en)
    this.name = 'NotGenuine'
    this.code = code
  }
}

export const reason = (code: ReasonCode): Reason => ({ code, text: TEXTS[code] })
