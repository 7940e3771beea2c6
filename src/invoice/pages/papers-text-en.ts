/** Words of the pages with invoices and contracts. papers-text-zh-cn.ts has to say all of them. */
export const papersEn = {
  title: 'Invoices and contracts',
  lead: 'Everything issued to you, as PDF and, where it is an invoice, as XML for accounting software. They carry the number of your account, not your name.',
  none: 'Nothing has been issued yet. An invoice and the contract are here as soon as something you bought is delivered.',
  kinds: {
    invoice: 'Invoice',
    credit_note: 'Credit note',
    closing_statement: 'Closing statement',
    contract: 'Contract',
  },
  corrects: (number: string) => `takes back ${number}`,
  pdf: 'PDF',
  xml: 'XML',
  download: (kind: string, number: string, type: string) => `${kind} ${number} as ${type}`,
  formerTitle: 'Issued by the former system',
  formerLead: (support: string) =>
    `These cards were sold before this system; their invoices were issued by the one before it. For a copy write to ${support} and give the number.`,
  after: (days: number) =>
    `When you close your account, signing in ends. The last mail then brings a link to these documents that works for ${days} days.`,
  link: {
    title: 'Your invoices and contracts',
    until: (day: string) =>
      `The account is closed and its personal data erased. This link works until ${day}: save what you want to keep.`,
    private: 'Whoever has this link sees these documents. They name nobody.',
  },
}

export type PapersText = typeof papersEn
