/** A `pveum` command as the API call it stands for. */
export interface PveumCall {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

const callOf = (text: string): PveumCall => {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
  const options = Object.fromEntries(
    words.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), words[i + 1] ?? '']] : [])),
  )
  const [noun, verb, ...rest] = words
  switch (`${noun} ${verb} ${rest[0]}`) {
    case `role add ${rest[0]}`:
      return { method: 'POST', path: '/access/roles', params: { roleid: rest[0] ?? '', ...options } }
    case `role modify ${rest[0]}`:
      return {
        method: 'PUT',
        path: `/access/roles/${rest[0]}`,
        params: { ...options, ...('append' in options && { append: '1' }) },
      }
    case `acl modify ${rest[0]}`:
      return { method: 'PUT', path: '/access/acl', params: { path: rest[0] ?? '', ...options } }
    case 'user token add':
      return { method: 'POST', path: `/access/users/${rest[1]}/token/${rest[2]}`, params: options }
    case `user add ${rest[0]}`:
      return { method: 'POST', path: '/access/users', params: { userid: rest[0] ?? '', ...options } }
    default:
      throw new Error(`what is pveum ${text}?`)
  }
}

/** The `pveum` lines of a text, in order. */
export const pveumCallsIn = (text: string): readonly PveumCall[] =>
  [...text.matchAll(/^\s*pveum (.+)$/gm)].map(([, line = '']) => callOf(line))

/** Carries a call out as root; the answer's data. */
export const callPve = async (
  { url, token }: { readonly url: string; readonly token: string },
  { method, path, params }: PveumCall,
): Promise<unknown> => {
  const response = await fetch(`${url}/api2/json${path}`, {
    method,
    headers: { authorization: `PVEAPIToken=${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(params).toString() }),
  })
  if (response.status !== 200) throw new Error(`${method} ${path} ${JSON.stringify(params)}: ${response.statusText}`)
  return ((await response.json()) as { data?: unknown }).data
}

/** Makes a token and gives its text for `PROXMOX_VE_API_TOKEN`. */
export const makeToken = async (
  simulator: { readonly url: string; readonly token: string },
  userid: string,
  privsep: boolean,
): Promise<string> => {
  const data = await callPve(simulator, {
    method: 'POST',
    path: `/access/users/${userid}/token/tok`,
    params: { privsep: privsep ? '1' : '0' },
  })
  return `${userid}!tok=${(data as { value: string }).value}`
}
