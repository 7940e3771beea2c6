import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createCrl,
  createRoot,
  importPrivateKey,
  splitChain,
  type KeyAndCertificate,
} from './certificates.ts'
import {
  newIssuerState,
  OPERATOR_FILES,
  presentKey,
  readOperatorKey,
  withFreshKey,
  withOperatorKey,
  type IssuerState,
  type OperatorFiles,
} from './issuer-state.ts'
import {
  KeyStoreError,
  type Issuer,
  type KeyRecord,
  type KeyStore,
  type SealingKey,
  type Timestamp,
  type VaultKeys,
} from './port.ts'
import { folderStamp, makeFolder, publish, readState, writeNextState } from './state-file.ts'

export type FileKeysOptions = {
  dir: string
  now: () => Date
  timestamp?: Timestamp
  operatorFiles?: OperatorFiles
}

type Folder = FileKeysOptions & {
  root: KeyAndCertificate
  loaded: Map<string, Loaded>
  vaults: Map<string, VaultKeys>
}
type Loaded = { stamp: string; version: number; state: IssuerState; sealing: SealingKey }

/** A certificate of our own root is replaced this long before it ends, so that nobody finds the seal expired. */
const RENEW_BEFORE_MS = 30 * 86_400_000
// The id is a folder name: nothing that could leave the key folder, and not the root's own.
const ISSUER_ID = /^(?!root$)[a-z0-9][a-z0-9_-]{0,62}$/

const issuerDir = (folder: Folder, issuerId: string): string => {
  if (!ISSUER_ID.test(issuerId)) {
    throw new KeyStoreError('issuer_id_invalid', 'An issuer id is made of a-z, 0-9, "-" and "_", at most 63')
  }
  return join(folder.dir, issuerId)
}

const openRoot = async (dir: string, now: Date): Promise<KeyAndCertificate> => {
  const rootDir = join(dir, 'root')
  await makeFolder(rootDir)
  let found = await readState<KeyAndCertificate>(rootDir)
  if (!found) {
    await writeNextState(rootDir, 0, await createRoot(now))
    found = (await readState<KeyAndCertificate>(rootDir))!
    await publish(rootDir, 'root.pem', found.state.certificatePem)
  }
  return found.state
}

/** Applies `change` to the issuer's newest state; starts over where another process was faster. */
const changeState = async (
  folder: Folder,
  issuerId: string,
  change: (state: IssuerState | undefined) => Promise<IssuerState | undefined>,
): Promise<IssuerState | undefined> => {
  const dir = issuerDir(folder, issuerId)
  for (;;) {
    const found = await readState<IssuerState>(dir)
    const next = await change(found?.state)
    if (!next) return found?.state
    if (await writeNextState(dir, found?.version ?? 0, next)) return next
  }
}

/** Brings the present key in line with what lies in the folder: the operator's files win, then our own root. */
const settle = async (folder: Folder, state: IssuerState): Promise<IssuerState | undefined> => {
  const now = folder.now()
  const operator = await readOperatorKey(
    issuerDir(folder, state.issuer.id),
    folder.operatorFiles ?? OPERATOR_FILES,
  )
  const present = state.keys.at(-1)
  if (operator && !state.keys.some((key) => key.kid === operator.kid && key.revokedAt)) {
    return present?.kid === operator.kid ? undefined : withOperatorKey(state, operator.chainPem, now)
  }
  if (!present || present.source === 'operator') return withFreshKey(state, folder.root, now)
  const ends = new Date(present.notAfter).getTime()
  return ends - now.getTime() < RENEW_BEFORE_MS ? withFreshKey(state, folder.root, now) : undefined
}

const bySettling = (folder: Folder) => async (state: IssuerState | undefined) =>
  state && settle(folder, state)

const toSealingKey = async (folder: Folder, state: IssuerState): Promise<SealingKey> => {
  const present = presentKey(state)
  const operator =
    present.source === 'operator'
      ? await readOperatorKey(issuerDir(folder, state.issuer.id), folder.operatorFiles ?? OPERATOR_FILES)
      : undefined
  const key = await importPrivateKey(operator?.keyPem ?? state.privateKeyPem!)
  const [leaf, ...chain] = splitChain(present.chainPem).map((one) => new Uint8Array(one.rawData))
  return {
    issuerId: state.issuer.id,
    kid: present.kid,
    certificate: leaf!,
    chain,
    ...(folder.timestamp ? { timestamp: folder.timestamp } : {}),
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, data as BufferSource)),
  }
}

const unknownIssuer = (issuerId: string): KeyStoreError =>
  new KeyStoreError('issuer_unknown', `Issuer ${issuerId} has no keys here`)

/** The issuer's state with its imported key, kept until the folder changes or the certificate nears its end. */
const load = async (folder: Folder, issuerId: string): Promise<Loaded> => {
  const dir = issuerDir(folder, issuerId)
  const cached = folder.loaded.get(issuerId)
  const stamp = await folderStamp(dir).catch(() => undefined)
  if (!stamp) throw unknownIssuer(issuerId)
  const ends = cached ? new Date(presentKey(cached.state).notAfter).getTime() : 0
  if (cached && cached.stamp === stamp && ends - folder.now().getTime() >= RENEW_BEFORE_MS) return cached
  await changeState(folder, issuerId, bySettling(folder))
  const settledStamp = await folderStamp(dir)
  const found = await readState<IssuerState>(dir)
  if (!found) throw unknownIssuer(issuerId)
  const loaded = {
    stamp: settledStamp,
    version: found.version,
    state: found.state,
    sealing: await toSealingKey(folder, found.state),
  }
  folder.loaded.set(issuerId, loaded)
  return loaded
}

const listIssuers = async (folder: Folder): Promise<string[]> => {
  const entries = await readdir(folder.dir, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory() && ISSUER_ID.test(entry.name))
    .map((one) => one.name)
  const states = await Promise.all(names.map((name) => readState(join(folder.dir, name))))
  return names.filter((_, index) => states[index]).sort()
}

const stateOf = async (folder: Folder, issuerId: string): Promise<IssuerState> => {
  const found = await readState<IssuerState>(issuerDir(folder, issuerId))
  if (!found) throw unknownIssuer(issuerId)
  return found.state
}

const allKeys = async (folder: Folder): Promise<KeyRecord[]> => {
  const ids = await listIssuers(folder)
  return (await Promise.all(ids.map((id) => stateOf(folder, id)))).flatMap((state) => state.keys)
}

const currentCrl = async (folder: Folder): Promise<Uint8Array> => {
  const revoked = (await allKeys(folder)).filter((key) => key.revokedAt && key.source === 'own_ca')
  const entries = revoked.map((key) => ({ certificatePem: key.chainPem, at: new Date(key.revokedAt!) }))
  return createCrl(folder.root, entries, folder.now())
}

const rotate = async (folder: Folder, issuerId: string, now: Date): Promise<KeyRecord> => {
  const state = await changeState(folder, issuerId, async (found) => {
    if (!found) throw unknownIssuer(issuerId)
    if (presentKey(found).source === 'operator') {
      throw new KeyStoreError(
        'operator_key_unusable',
        'Replace the operator key and chain files to rotate this key',
      )
    }
    return withFreshKey(found, folder.root, now)
  })
  return presentKey(state!)
}

const revoke = async (
  folder: Folder,
  issuerId: string,
  kid: string,
  times: { at: Date; now: Date },
): Promise<KeyRecord> => {
  const state = await changeState(folder, issuerId, async (found) => {
    if (!found) throw unknownIssuer(issuerId)
    if (!found.keys.some((key) => key.kid === kid)) {
      throw new KeyStoreError('key_unknown', `Issuer ${issuerId} never sealed with the key ${kid}`)
    }
    const keys = found.keys.map((key) =>
      key.kid === kid ? { ...key, revokedAt: times.at.toISOString() } : key,
    )
    const marked = { ...found, keys }
    return presentKey(found).kid === kid ? withFreshKey(marked, folder.root, times.now) : marked
  })
  await publish(join(folder.dir, 'root'), 'crl.der', await currentCrl(folder))
  return state!.keys.find((key) => key.kid === kid)!
}

const ensureIssuer = async (folder: Folder, issuer: Issuer): Promise<void> => {
  await makeFolder(issuerDir(folder, issuer.id))
  await changeState(folder, issuer.id, async (found) => {
    const state = found ?? newIssuerState(issuer)
    return settle(folder, state)
  })
}

const trustRoots = async (folder: Folder): Promise<string[]> => {
  const operators = (await allKeys(folder)).filter((key) => key.source === 'operator')
  const tops = operators.map((key) => splitChain(key.chainPem).at(-1)!.toString('pem'))
  return [...new Set([folder.root.certificatePem.trim(), ...tops.map((pem) => pem.trim())])]
}

const sealing = async (folder: Folder, issuerId: string): Promise<SealingKey> => {
  const { state, sealing: key } = await load(folder, issuerId)
  if (new Date(presentKey(state).notAfter) < folder.now()) {
    throw new KeyStoreError('sealing_key_expired', `The sealing certificate of ${issuerId} has expired`)
  }
  return key
}

// Made once with the issuer and never changed; read from disk for each closure's step they cost 3 ms a closure.
const vaultKeys = async (folder: Folder, issuerId: string): Promise<VaultKeys> => {
  const known = folder.vaults.get(issuerId)
  if (known) return known
  const { vault } = await stateOf(folder, issuerId)
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
  const keys = {
    wrapKey: bytes(vault.wrapKey),
    indexKey: bytes(vault.indexKey),
    codeKey: bytes(vault.codeKey),
  }
  folder.vaults.set(issuerId, keys)
  return keys
}

/** Keys in a folder, one subfolder an issuer and `root/` for the installation's own authority, all 0600. */
export const openFileKeys = async (options: FileKeysOptions): Promise<KeyStore> => {
  await makeFolder(options.dir)
  const root = await openRoot(options.dir, options.now())
  const folder: Folder = { ...options, root, loaded: new Map(), vaults: new Map() }
  return {
    ensureIssuer: (issuer) => ensureIssuer(folder, issuer),
    issuers: () => listIssuers(folder),
    sealing: (issuerId) => sealing(folder, issuerId),
    history: async (issuerId) => (await stateOf(folder, issuerId)).keys,
    vault: (issuerId) => vaultKeys(folder, issuerId),
    trustRoots: () => trustRoots(folder),
    crl: () => currentCrl(folder),
    rotateSealingKey: (issuerId, now) => rotate(folder, issuerId, now),
    revokeSealingKey: (issuerId, kid, at, now) => revoke(folder, issuerId, kid, { at, now }),
  }
}
