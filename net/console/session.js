// session.js -- who is looking, and what they may do.
import { get, request } from './api.js'

export let session = { user: null, roles: [], campaigns: null, login_required: false, version: '' }

export const can = (role) => session.roles.includes(role)
export const must_log_in = () => session.login_required && session.user === null

export async function load_session() {
  session = await get('/v1/session')
  return session
}

export async function log_in(user, secret) {
  session = (await request('POST', '/v1/session', { body: { user, secret } })).data
  return session
}

export async function log_out() {
  await request('DELETE', '/v1/session')
  await load_session()
}
