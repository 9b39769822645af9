// The viewer's bearer token, which is kept until the tab is closed.

const KEY = "token";

export function storeToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** The request headers that carry the token; none without a token. */
export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}
