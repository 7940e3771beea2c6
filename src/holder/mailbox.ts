/** One @, something on both sides, no spaces: the mail itself is the real test. */
export const mailbox = /^[^\s@]{1,64}@[^\s@]{1,180}\.[^\s@.]{2,}$/
