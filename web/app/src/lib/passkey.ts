// Making passkeys: from the API's question to what it takes as the answer (Web Authentication Level 3).

/** Whether this browser, under this name, knows passkeys. */
export function knowsPasskeys(): boolean {
  const isNamed = !/^[\d.]+$|:/.test(location.hostname);
  return isNamed && window.isSecureContext && 'PublicKeyCredential' in window;
}

interface CreationOptions {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials: { type: 'public-key'; id: string }[];
}

const octets = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
const text = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** What the authenticator makes, as JSON; undefined where nobody gave one, or it is there already. */
export async function makePasskey(question: string): Promise<string | undefined> {
  const options = JSON.parse(question) as CreationOptions & PublicKeyCredentialCreationOptions;
  const publicKey = {
    ...options,
    challenge: octets(options.challenge),
    user: { ...options.user, id: octets(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: octets(one.id) })),
  } as PublicKeyCredentialCreationOptions;
  try {
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
    if (!made) return undefined;
    const response = made.response as AuthenticatorAttestationResponse;
    return JSON.stringify({
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) },
    });
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
