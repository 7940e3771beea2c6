import { dataWords } from '../../plan/data-words.ts'
import type { CardText } from './card-text-en.ts'

const dayNames: Record<string, string> = { '3': '三日卡', '5': '五日卡', '7': '七日卡' }

export const cardZh: CardText = {
  title: '我的卡',
  none: '这个邮箱名下已经没有卡。',
  plan: (plan) => dayNames[/^LEB(\d+)$/.exec(plan)?.[1] ?? ''] ?? plan,
  aCard: '卡',
  ending: (last4) => `尾号 ${last4}`,
  states: { open: '正常', closing: '注销中', frozen: '注销中', closed: '已注销' },
  ended: '已到期',
  status: '状态',
  left: '剩余',
  balance: '余额',
  expires: '有效期至',
  wasGoodUntil: '到期时间',
  data: (megabytes) => `流量 ${dataWords(Number(megabytes))}`,
  voice: (minutes) => `通话 ${minutes} 分钟`,
  sms: (count) => `短信 ${count} 条`,
  nothingLeft: '无',
  statement: '余额明细',
  orders: '我的订单与激活码',
  topUp: '充值或购买增值服务',
  close: '注销这张卡',
  progress: '查看注销进度',
  outcome: '查看注销结果与证明',
  closures: '我的注销申请',
  closureStates: {
    declared: '等您输入验证码',
    identified: '即将开始',
    closing: '办理中',
    closed: '已完成',
    undone: '已撤销',
  },
}
