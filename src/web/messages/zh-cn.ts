import type { SiteText } from './en.ts'

export const siteZh: SiteText = {
  skip: '跳到正文',
  otherLang: 'English',
  otherLangLabel: '用英文阅读本页 (English)',
  close: '注销卡',
  cards: '我的卡',
  account: '我的账户',
  signIn: '登录',
  signOut: '退出登录',
  back: '返回',
  continue: '继续',
  errorTitle: '有一处需要改一下',
  errorPrefix: '需修改：',
  channels: '官方渠道',
  verify: '核验确认单',
  help: (email) => `帮助：${email}`,
  main: '主导航',
  chooseIssuer: '您的卡是哪家公司发行的？',
  chooseIssuerHint: '公司名称印在卡包上，购买时的邮件里也有。',
  noIssuer: '这里还没有设置发行公司。',
  home: '回到首页',
  errors: {
    notFound: { title: '没有这个页面', next: '网址可能输错了，或者页面已经搬走。' },
    wrongMethod: { title: '这个页面要从表单进入', next: '请返回上一页，点页面上的按钮。' },
    broken: {
      title: '我们这边出了问题',
      next: '您已提交的内容不会丢失。请一分钟后再试；如果仍然不行，请写信给我们。',
    },
    tooLarge: { title: '提交的内容太长', next: '请返回，缩短后再提交。' },
    wrongHost: { title: '这里不提供这个网址的服务', next: '请使用发行公司给您的网址。' },
    form: {
      title: '这个表单已经失效',
      next: '可能是打开太久，或是从别的网站打开的。请返回并刷新页面，再提交一次。',
    },
    minutes: (minutes) => `请在 ${minutes} 分钟后再试。`,
  },
}
