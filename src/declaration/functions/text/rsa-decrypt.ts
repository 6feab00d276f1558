import { constants, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto'
import { STRING } from '../../eval/type.ts'
import { type Failure, failure, string, type Value } from '../../eval/value.ts'
import { spec, strings, text } from '../call/arguments.ts'

const NO_KEY = 'it must be an RSA private key in PEM form, without a passphrase'
const NOT_DECRYPTED = 'it cannot be decrypted with this key'

const privateKey = (pem: string): KeyObject | undefined => {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    // What OpenSSL says of a text that is no key helps nobody.
    return undefined
  }
}

const decrypted = (key: KeyObject, ciphertext: Buffer): Buffer | undefined => {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext)
  } catch {
    // The ciphertext was made for a key of another size.
    return undefined
  }
}

/** The message of a PKCS #1 block: 0, 2, at least eight bytes that are not 0, 0, message. Node itself refuses this padding. */
const unpadded = (block: Buffer): Buffer | undefined => {
  if (block[0] !== 0 || block[1] !== 2) return undefined
  const end = block.indexOf(0, 2)
  return end >= 10 ? block.subarray(end + 1) : undefined
}

const decrypt = ([ciphertext, key]: readonly Value[]): Value | Failure => {
  const encoded = text(ciphertext).replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    return failure('it must be base64', 0)
  const found = privateKey(text(key))
  if (!found) return failure(NO_KEY, 1)
  const block = decrypted(found, Buffer.from(encoded, 'base64'))
  const message = block && unpadded(block)
  return message ? string(message.toString()) : failure(NOT_DECRYPTED, 0)
}

/** `rsadecrypt(ciphertext, privatekey)`: PKCS #1 v1.5, as cloud consoles encrypt passwords. */
export const rsaDecrypt = spec(strings('ciphertext', 'privatekey'), STRING, decrypt)
