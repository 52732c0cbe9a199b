// Signing in with a passkey: asks the server for a question and the authenticator for its answer, and sends that with the
// form. Without this script, or where the browser knows no passkeys, the form stays hidden and the page works all the same.
(() => {
  const form = document.querySelector('form[data-question]');
  const isNamed = !/^[\d.]+$|:/.test(location.hostname);
  if (!form || !window.PublicKeyCredential || !isNamed) return;
  const status = form.querySelector('[role="status"]');
  const button = form.querySelector('button');
  const octets = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

  async function answer() {
    const asked = await fetch(form.dataset.question, { method: 'POST', body: new URLSearchParams(), headers: { accept: 'application/json' } });
    if (!asked.ok) throw new Error(form.dataset.busy);
    const { ticket, options } = await asked.json();
    const allowCredentials = options.allowCredentials.map((one) => ({ ...one, id: octets(one.id) }));
    const publicKey = { ...options, challenge: octets(options.challenge), allowCredentials };
    const credential = await navigator.credentials.get({ publicKey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
    form.elements.ticket.value = ticket;
    form.elements.credential.value = JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type,
      response: {
        clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature),
        userHandle: userHandle ? text(userHandle) : undefined,
      },
    });
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    status.hidden = true;
    try {
      await answer();
      const keep = document.querySelector('input[name="keep"][type="checkbox"]');
      if (form.elements.keep) form.elements.keep.value = keep?.checked ? '1' : '';
      form.submit();
    } catch (error) {
      // Given up, or no key that fits: browsers tell both alike.
      status.textContent = error.name === 'NotAllowedError' ? form.dataset.given : (form.dataset.busy);
      status.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
  form.hidden = false;
})();
