import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { RefusalText } from '../platform/errors.ts'

/** What is wrong with a request itself, before or around any feature. Thrown as Refusal like every other. */
export type ApiProblem =
  | 'api/invalid_input'
  | 'api/not_json'
  | 'api/media_type'
  | 'api/too_large'
  | 'api/not_found'
  | 'api/wrong_method'
  | 'api/wrong_host'
  | 'api/key_missing'
  | 'api/key_reused'
  | 'api/key_in_progress'
  | 'api/token_given_once'
  | 'api/no_such_account'
  | 'api/no_such_token'
  | 'api/too_many_streams'
  | 'api/broken'

export type ProblemText = Omit<RefusalText, 'status'> & { status: ContentfulStatusCode }

export const apiProblems: Record<ApiProblem, ProblemText> = {
  'api/invalid_input': {
    status: 422,
    title: { 'zh-CN': '请求内容有误', en: 'Something in the request is not right' },
    next: {
      'zh-CN': '请按 errors 里的指引逐项改正后重发。',
      en: 'Mend what `errors` points at and send it again.',
    },
  },
  'api/not_json': {
    status: 400,
    title: { 'zh-CN': '请求体不是 JSON', en: 'The body is not JSON' },
    next: { 'zh-CN': '请发送 UTF-8 编码的 JSON 对象。', en: 'Send a JSON object in UTF-8 (RFC 8259).' },
  },
  'api/media_type': {
    status: 415,
    title: { 'zh-CN': '不支持这种内容类型', en: 'This content type is not taken' },
    next: { 'zh-CN': '请使用 application/json。', en: 'Send application/json.' },
  },
  'api/too_large': {
    status: 413,
    title: { 'zh-CN': '请求体过大', en: 'The body is too large' },
    next: {
      'zh-CN': '请控制在 64 KB 以内（用量批次 512 KB）。',
      en: 'Keep it under 64 KB, a batch of usage under 512 KB.',
    },
  },
  'api/not_found': {
    status: 404,
    title: { 'zh-CN': '没有这个接口地址', en: 'There is nothing at this address' },
    next: { 'zh-CN': '全部接口见 /api。', en: 'Every address is listed at /api.' },
  },
  'api/wrong_method': {
    status: 405,
    title: { 'zh-CN': '这个地址不接受该方法', en: 'This address does not take that method' },
    next: { 'zh-CN': '可用方法见 Allow 响应头。', en: 'The header Allow says which it takes.' },
  },
  'api/wrong_host': {
    status: 421,
    title: { 'zh-CN': '本服务不应答这个主机名', en: 'This host name is not served here' },
    next: { 'zh-CN': '请使用发行公司公布的地址。', en: 'Use the address that the issuer has published.' },
  },
  'api/key_missing': {
    status: 400,
    title: { 'zh-CN': '缺少可用的 Idempotency-Key', en: 'A usable Idempotency-Key is missing' },
    next: {
      'zh-CN': '请为每次操作生成一个新的 UUID，重试时沿用同一个。',
      en: 'Make a new UUID for each act and repeat it when you retry.',
    },
  },
  'api/key_reused': {
    status: 422,
    title: {
      'zh-CN': '这个 Idempotency-Key 已用于另一个请求',
      en: 'This Idempotency-Key was used for another request',
    },
    next: { 'zh-CN': '请为新的操作使用新的键。', en: 'Use a new key for a new act.' },
  },
  'api/key_in_progress': {
    status: 409,
    title: { 'zh-CN': '同一请求正在处理', en: 'The same request is being worked on' },
    next: { 'zh-CN': '请稍候用同一个键重试。', en: 'Try again in a moment with the same key.' },
  },
  'api/token_given_once': {
    status: 409,
    title: {
      'zh-CN': '登录已成功，令牌只发一次',
      en: 'The sign-in worked; its token is given out only once',
    },
    next: {
      'zh-CN': '若未收到令牌，请重新获取验证码登录。',
      en: 'If the token got lost, ask for a new code and sign in again.',
    },
  },
  'api/no_such_account': {
    status: 404,
    title: { 'zh-CN': '您没有这个账户', en: 'You have no such account' },
    next: { 'zh-CN': '请从账户列表中重新选择。', en: 'Choose one from the list of your accounts.' },
  },
  'api/no_such_token': {
    status: 404,
    title: { 'zh-CN': '没有签发过这个验证码', en: 'No document was ever issued with this token' },
    next: {
      'zh-CN': '请扫描确认单上的二维码重试；仍然如此，则这份文件不是真的。',
      en: 'Scan the QR code again; if this stays so, the document is not genuine.',
    },
  },
  'api/too_many_streams': {
    status: 503,
    title: { 'zh-CN': '同时查看进度的人太多', en: 'Too many are watching at the moment' },
    next: { 'zh-CN': '请改为每隔几秒查询一次状态。', en: 'Ask for the status every few seconds instead.' },
  },
  'api/broken': {
    status: 500,
    title: { 'zh-CN': '我们这边出了问题', en: 'Something went wrong on our side' },
    next: {
      'zh-CN': '您已提交的内容不会丢失。请用同一个 Idempotency-Key 重试。',
      en: 'Nothing you declared is lost. Try again with the same Idempotency-Key.',
    },
  },
}
