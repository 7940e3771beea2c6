import { SetupError } from './errors.ts'

type At = { host: string; port: number; portSetting: 'LEB_PORT' | 'LEB_PROVIDER_PORT' }

/** Why nothing can listen there, in one sentence that blames the setting which is wrong: the port, or the address. */
export function cannotListen(error: NodeJS.ErrnoException, { host, port, portSetting }: At): SetupError {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new SetupError(
        `${where} is taken by another program: stop it, or choose another port with ${portSetting}`,
      )
    case 'EACCES':
      return new SetupError(
        `this user may not listen on ${where}: choose a port above 1023 with ${portSetting}`,
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new SetupError(
        `LEB_HOST is ${host}, which is no address of this machine: name one of its own, or 0.0.0.0 for all of them`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new SetupError(
        `LEB_HOST is ${host}, for which this machine finds no address: name one of its own, or 0.0.0.0 for all of them`,
      )
    default:
      return new SetupError(
        `LEB can't listen on ${where} (${error.code ?? 'no reason given'}): check LEB_HOST and ${portSetting}`,
      )
  }
}
