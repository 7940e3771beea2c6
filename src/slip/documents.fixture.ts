import type { CertificateContent, SlipContent } from './content.ts'

/** A slip and a certificate as a real closure produces them; for tests and measurements. */

const issuer = {
  id: 'leb',
  name: { zh: 'LEB 旅行通信', en: 'LEB Travel Mobile' },
  address: { zh: '上海市浦东新区世纪大道 100 号', en: '100 Century Avenue, Pudong, Shanghai' },
  support: 'care@leb.example · +86 21 5555 0100',
  channels: ['leb.example', 'care@leb.example'],
}

const kept = [
  {
    what: { zh: '发票与总账（仅化名）', en: 'Invoices and ledger, under a pseudonym' },
    ground: { zh: '《会计档案管理办法》', en: 'Measures on Accounting Archives' },
    until: '2056-12-31',
  },
  {
    what: { zh: '本确认单与完成证明', en: 'This slip and the certificate' },
    ground: { zh: '举证义务', en: 'Duty to prove' },
    until: '2029-12-31',
  },
]

const common = {
  version: 1,
  number: 'LEB-2K7M-9QXC',
  issuer,
  act: 'terminate',
  covers: 'card',
  accountRef: 'LEB-A-40087121',
  declaredAt: '2026-11-22T15:42:47+08:00',
  timeZone: 'Asia/Shanghai',
  jurisdiction: 'CN',
  policyVersion: 'cn-2026.11.1',
  kept,
  verifyUrl: 'https://close.leb.example/v/7hQ2mW9sXk4TzR1bN8cYdA',
} as const

export const sampleSlip = (change: Partial<SlipContent> = {}): SlipContent => ({
  kind: 'slip',
  ...common,
  issuer: structuredClone(issuer),
  kept: structuredClone(kept),
  issuedAt: '2026-11-22T15:42:48+08:00',
  cards: [
    {
      iccid: '8986012345678901234',
      plan: 'LEB3',
      zone: { zh: '日本、韩国', en: 'Japan and Korea' },
      expiresAt: '2026-12-31T23:59:59+08:00',
      balance: { amount: '8640', currency: 'CNY' },
      refund: {
        estimate: { amount: '8640', currency: 'CNY' },
        route: { zh: '尾号 4242 的银行卡', en: 'bank card ending 4242' },
        expectedBy: '2026-11-28T18:00:00+08:00',
      },
    },
  ],
  declaration: {
    zh: '我要注销这张卡。请停用线路，把余额退回原支付方式。我知道在可撤销期内可以反悔。',
    en: 'I close this card. Switch the line off and send the balance back the way I paid. I know that I can undo this until the time named above.',
  },
  receivedBy: 'portal',
  identity: 'signed_in',
  deadlines: [
    {
      what: { zh: '处理完毕并答复', en: 'Handled and answered' },
      dueAt: '2026-12-11T18:00:00+08:00',
      basis: 'GB/T 35273-2020 8.5',
      verified: false,
    },
    {
      what: { zh: '退款到账', en: 'Refund arrives' },
      dueAt: '2026-11-28T18:00:00+08:00',
      basis: 'LEB 服务条款 Terms §7',
      verified: true,
    },
  ],
  undoUntil: '2026-11-23T15:42:47+08:00',
  appeal: {
    zh: '请先来信 care@leb.example；15 日内未答复或您不同意，可向工业和信息化部申诉（12300）。',
    en: 'Write to care@leb.example first. With no answer in 15 days, or if you disagree, you can appeal to the MIIT (12300).',
  },
  ...change,
})

export const sampleCertificate = (change: Partial<CertificateContent> = {}): CertificateContent => ({
  kind: 'certificate',
  ...common,
  issuer: structuredClone(issuer),
  kept: structuredClone(kept),
  issuedAt: '2026-11-23T16:01:10+08:00',
  completedAt: '2026-11-23T16:01:09+08:00',
  cards: [
    {
      iccid: '8986012345678901234',
      plan: 'LEB3',
      zone: { zh: '日本、韩国', en: 'Japan and Korea' },
      lineOff: { reference: 'TMF641-77120', at: '2026-11-23T15:58:01+08:00' },
      esim: {
        outcome: { zh: '配置已在下载前作废', en: 'Profile retired before download' },
        reference: 'ES2+ C-88121',
        at: '2026-11-23T16:00:12+08:00',
      },
      settlement: { amount: '8640', currency: 'CNY' },
      payout: {
        amount: { amount: '8640', currency: 'CNY' },
        route: { zh: '尾号 4242 的银行卡', en: 'bank card ending 4242' },
        reference: 're_3QxT0a',
        at: '2026-11-23T15:59:30+08:00',
        expectedBy: '2026-12-03T23:59:59+08:00',
      },
      balance: { amount: '0', currency: 'CNY' },
    },
  ],
  erasure: [],
  unconfirmed: [
    {
      what: { zh: '手机上的 eSIM 配置是否已删除', en: 'Whether the profile has left the phone' },
      askedOf: 'SM-DP+ smdp.leb.example',
      askedAt: '2026-11-23T16:00:12+08:00',
    },
  ],
  removal: {
    iphone: {
      zh: '设置 → 蜂窝网络 → 选择该号码 → 删除 eSIM',
      en: 'Settings → Mobile Service → choose the line → Delete eSIM',
    },
    android: {
      zh: '设置 → 网络和互联网 → SIM 卡 → 选择该卡 → 清除 SIM 卡',
      en: 'Settings → Network & internet → SIMs → choose the SIM → Erase SIM',
    },
    plastic: {
      zh: '剪断芯片，塑料投入其他垃圾；芯片属电子废弃物。',
      en: 'Cut through the chip; the chip is electronic waste, the plastic is residual waste.',
    },
  },
  slip: {
    number: 'LEB-2K7M-9QXC',
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  ...change,
})
