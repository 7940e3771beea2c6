/** Words of the frame around every page. zh-cn.ts has to say all of them: its type is this one. */
export const siteEn = {
  skip: 'Skip to the page',
  otherLang: '中文',
  otherLangLabel: 'Read this page in Chinese (中文)',
  shop: 'Buy',
  close: 'Close a card',
  closeUnsigned: 'Close a card without signing in',
  withdrawUnsigned: 'Withdraw from a contract without signing in',
  cards: 'Cards',
  account: 'Account',
  signIn: 'Sign in',
  signOut: 'Sign out',
  back: 'Back',
  continue: 'Continue',
  errorTitle: (count: number) => (count === 1 ? 'There is a problem' : `There are ${count} problems`),
  errorPrefix: 'Error: ',
  channels: 'Official channels',
  verify: 'Check a slip',
  help: (email: string) => `Help: ${email}`,
  main: 'Main',
  chooseIssuer: 'Who issued your card?',
  chooseIssuerHint: 'The name stands on the card pack and in the e-mail you got when you bought it.',
  noIssuer: 'No issuer is set up here yet.',
  home: 'To the start page',
  errors: {
    notFound: {
      title: 'This page does not exist',
      next: 'The address may have a typing error, or the page has moved.',
    },
    wrongMethod: {
      title: 'This page is opened by a form',
      next: 'Go back and use the button on the page before.',
    },
    broken: {
      title: 'Something went wrong on our side',
      next: 'Nothing you declared is lost. Try again in a minute; if it happens again, write to us.',
    },
    tooLarge: { title: 'That was too much text', next: 'Go back and send less.' },
    wrongHost: { title: 'This address is not served here', next: 'Use the address your issuer gave you.' },
    form: {
      title: 'This form is no longer valid',
      next: 'It was open too long, or was opened from another site. Go back, reload the page and send it again.',
    },
    again: (moment: string) => `It works again from ${moment}.`,
  },
}

export type SiteText = typeof siteEn
