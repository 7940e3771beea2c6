/**
 * One @, something on both sides, no spaces, at most 254 signs, and none that a mail's header gives a meaning to
 * (src/adapters/mail/smtp.ts sends to no such address): the mail itself is the real test.
 */
export const mailbox =
  /^(?=.{1,254}$)[^\s@<>()[\]\\,;:"\p{C}]{1,64}@[^\s@<>()[\]\\,;:"\p{C}]{1,180}\.[^\s@.<>()[\]\\,;:"\p{C}]{2,}$/u
