import type { OutgoingRequest } from '../resource/server.ts'
import type { Exchange } from './exchange.ts'
import { isNodeTrouble } from './refusal-reason.ts'

/** Pauses between attempts: three more tries within two seconds, then the person is told. */
export const RETRY_PAUSES_MS: readonly number[] = [150, 450, 1_200]

/** Broken connections and names that are not known yet; never a refused certificate, which stays refused. */
const TRANSIENT_ERROR =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE|ERR_READING_RESPONSE_STREAM|MPC_CONNECT_TIMEOUT)$/

/**
 * Whether sending the request again is safe and may help. Only GET is ever repeated: a write that broke off may have been carried out.
 * `hasAnswered`: before the server's first answer a connection that cannot be made is told at once, it will not mend by itself.
 */
export const mayRetry = (
  { method }: OutgoingRequest,
  result: Exchange,
  { hasAnswered }: { readonly hasAnswered: boolean },
): boolean => {
  if (method !== 'GET') return false
  if (result.kind === 'answer') return isNodeTrouble(result.status)
  return TRANSIENT_ERROR.test(result.error.code) && (result.left || hasAnswered)
}
