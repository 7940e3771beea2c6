/** @jsxImportSource react */
import { Body, Button, Container, Head, Hr, Html, Preview, Text } from 'react-email'
import { render } from 'react-email'
import type { Issuer } from '../issuer/issuer.ts'

/** One mail in one language: what it is about first, then what to do. `code` is shown large. */
export type Letter = {
  locale: 'zh-CN' | 'en'
  subject: string
  paragraphs: string[]
  code?: string
  /** To be copied sign by sign, after the first paragraph. */
  exact?: string
  link?: { words: string; url: string }
  /** Ways to go on, each as good as the others, in this order. */
  buttons?: { words: string; url: string }[]
}

const ink = '#1a1d1a'
// An address is one long word: on a narrow screen it has to break, or the whole mail shrinks or scrolls.
const text = {
  color: ink,
  fontSize: '16px',
  lineHeight: '1.6',
  margin: '0 0 16px',
  overflowWrap: 'anywhere' as const,
  wordBreak: 'break-word' as const,
}
// Broken anywhere but nowhere in particular: a break at a hyphen looks like one of its signs.
const exact = {
  ...text,
  backgroundColor: '#ffffff',
  border: '1px solid #c9c7bf',
  borderRadius: '6px',
  fontFamily: 'ui-monospace, Menlo, Consolas, monospace',
  padding: '12px 16px',
  wordBreak: 'break-all' as const,
}
const button = {
  border: '2px solid #0b5d3b',
  borderRadius: '6px',
  boxSizing: 'border-box' as const,
  color: '#0b5d3b',
  display: 'block',
  fontSize: '16px',
  fontWeight: 700,
  lineHeight: '1.4',
  margin: '0 0 12px',
  padding: '12px 16px',
  textAlign: 'center' as const,
}
const family = 'system-ui, "PingFang SC", "Noto Sans SC", "Microsoft YaHei", sans-serif'

/** The same words as HTML and as plain text; the footer says where the issuer really speaks. */
export async function renderLetter(issuer: Issuer, letter: Letter): Promise<{ html: string; text: string }> {
  const footer = footerWords(issuer, letter.locale)
  const html = await render(
    <Html lang={letter.locale}>
      <Head>
        <title>{letter.subject}</title>
      </Head>
      <Preview>{letter.subject}</Preview>
      <Body style={{ backgroundColor: '#fbfaf7', fontFamily: family, margin: 0, padding: '24px 0' }}>
        <Container style={{ maxWidth: '560px', padding: '0 20px' }}>
          <Text style={{ ...text, fontWeight: 700 }}>{issuer.name[letter.locale]}</Text>
          {letter.paragraphs.slice(0, 1).map((words) => (
            <Text key={words} style={{ ...text, fontSize: '18px' }}>
              {words}
            </Text>
          ))}
          {letter.code && (
            <Text style={{ ...text, fontSize: '32px', letterSpacing: '6px', fontWeight: 700 }}>
              {letter.code}
            </Text>
          )}
          {letter.exact && <Text style={exact}>{letter.exact}</Text>}
          {letter.paragraphs.slice(1).map((words) => (
            <Text key={words} style={text}>
              {words}
            </Text>
          ))}
          {letter.buttons?.map(({ words, url }) => (
            <Button key={url} href={url} style={button}>
              {words}
            </Button>
          ))}
          {letter.link && (
            <Text style={text}>
              {letter.link.words}{' '}
              <a href={letter.link.url} style={{ color: '#0b5d3b' }}>
                {letter.link.url}
              </a>
            </Text>
          )}
          <Hr style={{ borderColor: '#c9c7bf', margin: '24px 0 16px' }} />
          {footer.map((words) => (
            <Text key={words} style={{ ...text, fontSize: '14px', margin: '0 0 8px' }}>
              {words}
            </Text>
          ))}
        </Container>
      </Body>
    </Html>,
  )
  return { html, text: plain(letter, footer) }
}

function plain(letter: Letter, footer: string[]): string {
  const [first = '', ...rest] = letter.paragraphs
  const link = letter.link ? [`${letter.link.words}\n${letter.link.url}`] : []
  const colon = letter.locale === 'en' ? ':' : '：'
  const buttons = (letter.buttons ?? []).map(({ words, url }) => `${words}${colon}\n${url}`)
  const shown = [letter.code, letter.exact].filter(Boolean).map((signs) => `    ${signs}`)
  return [first, ...shown, ...rest, ...buttons, ...link, `--\n${footer.join('\n')}`].join('\n\n') + '\n'
}

function footerWords(issuer: Issuer, locale: 'zh-CN' | 'en'): string[] {
  // With the address that this very mail comes from: a list without it would call it a fraud.
  const own = new Set([...issuer.brand.channels.map(({ value }) => value), issuer.providers.mail.from])
  const channels = [...own].join(locale === 'en' ? ', ' : '、')
  return locale === 'en'
    ? [
        `${issuer.name.en}, ${issuer.brand.address}`,
        `We speak only through: ${channels}. Nobody may close a card for you; whoever offers it is after your money.`,
      ]
    : [
        `${issuer.name['zh-CN']}，${issuer.brand.address}`,
        `我们只通过以下渠道与您联系：${channels}。不存在“代办注销”，凡声称代办的都是诈骗。`,
      ]
}
