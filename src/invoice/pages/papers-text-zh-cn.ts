import type { PapersText } from './papers-text-en.ts'

export const papersZh: PapersText = {
  title: '发票与合同',
  lead: '向您开具的全部文件：PDF，发票另有供会计软件读取的 XML。文件上只有账户号，没有您的姓名。',
  none: '还没有开具任何文件。您购买的内容一经交付，发票和合同就在这里。',
  kinds: {
    invoice: '发票',
    credit_note: '红字发票',
    closing_statement: '结清单',
    contract: '合同',
  },
  corrects: (number) => `冲销 ${number}`,
  pdf: 'PDF',
  xml: 'XML',
  download: (kind, number, type) => `${kind} ${number}，${type}`,
  formerTitle: '由原系统开具',
  formerLead: (support) =>
    `这些卡在本系统启用前售出，发票由原系统开具。如需副本，请写信至 ${support}，并注明发票号。`,
  after: (days) => `账户注销后将无法登录。最后一封邮件会附上这些文件的链接，${days} 天内有效。`,
  link: {
    title: '您的发票与合同',
    until: (day) => `账户已注销，个人信息已删除。本链接有效至 ${day}，请保存需要留存的文件。`,
    private: '持有本链接的人都能看到这些文件；文件上没有任何人的姓名。',
  },
}
