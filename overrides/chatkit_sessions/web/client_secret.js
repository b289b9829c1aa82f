// The page's part: give ChatKit a client secret whenever it asks for one, and end the chat at a sign-out.

/**
 * Make the `getClientSecret` of ChatKit's options. It rejects if there is no secret, and `chatkit.error` tells why.
 * @param {string} url Where the endpoint is.
 * @param {{ signIn?: () => void, tries?: number, choice?: object }} [options] What to do when nobody is signed in, how
 *   often to ask while chat is not available, and what the endpoint `accepts`.
 * @returns {(currentClientSecret?: string | null) => Promise<string>}
 */
export function clientSecretFrom(url, { signIn, tries = 3, choice } = {}) {
  const headers = choice ? { "content-type": "application/json" } : undefined;
  const request = { method: "POST", credentials: "include", headers, body: choice && JSON.stringify(choice) };
  return async () => {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, request);
      const { client_secret, error } = await response.json().catch(() => ({}));
      if (response.ok && client_secret) return client_secret;
      if (response.status === 401) signIn?.();
      if (response.status !== 503 || attempt >= tries) throw new Error(error?.message ?? `Chat failed: ${response.status}`);
      const seconds = Math.min(Number(error?.retry_after ?? response.headers.get("retry-after")) || 2, 120);
      await new Promise((go) => setTimeout(go, seconds * 1000 * (1 + Math.random() / 4)));
    }
  };
}

/**
 * End the visitor's chats of this browser. It also works while the page is being left.
 * @param {string} url Where the endpoint is.
 */
export async function endSessions(url) {
  await fetch(url, { method: "DELETE", credentials: "include", keepalive: true });
}
