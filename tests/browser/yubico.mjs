// A validation server for YubiKeys (validation protocol 2.0): it checks the client's signature, knows which touch was used, and
// signs what it answers. No real key: nothing here knows its secret.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

/** What clients and servers share. */
export const SECRET_KEY = 'mG5be6ZJU1qBGz24yPh/ESM3UdU=';
export const CLIENT_ID = '87';
const DIGITS = 'cbdefghijklnrtuv';

/** What the key of `identity` (12 characters) types at its `touch`. */
export function typed(identity, touch) {
  return `${identity}${'v'.repeat(30)}${DIGITS[touch >> 4]}${DIGITS[touch & 15]}`;
}

function signature(parameters) {
  const line = Object.keys(parameters).sort().map((key) => `${key}=${parameters[key]}`).join('&');
  return createHmac('sha1', Buffer.from(SECRET_KEY, 'base64')).update(line).digest('base64');
}

/** Starts one; `silent` lets it fail inside. */
export async function validation() {
  const last = new Map();
  const made = { isSilent: false, asked: 0 };
  function judged({ otp }) {
    const [identity, secret] = [otp.slice(0, 12), otp.slice(12)];
    if (!secret.startsWith('v'.repeat(30))) return 'BAD_OTP';
    const touch = DIGITS.indexOf(secret[30]) * 16 + DIGITS.indexOf(secret[31]);
    if ((last.get(identity) ?? -1) >= touch) return 'REPLAYED_OTP';
    last.set(identity, touch);
    return 'OK';
  }
  const server = createServer((request, response) => {
    made.asked += 1;
    const { h, ...asked } = Object.fromEntries(new URL(request.url, 'http://localhost').searchParams);
    const status = made.isSilent ? 'BACKEND_ERROR' : asked.id !== CLIENT_ID ? 'NO_SUCH_CLIENT' : signature(asked) !== h ? 'BAD_SIGNATURE' : judged(asked);
    const answer = { t: '2026-11-25T20:34:50Z0678', otp: asked.otp, nonce: asked.nonce, sl: '25', status };
    if (status === 'OK') Object.assign(answer, { timestamp: '8000', sessioncounter: '19', sessionuse: String(last.get(asked.otp.slice(0, 12))) });
    const lines = [`h=${signature(answer)}`, ...Object.entries(answer).map(([key, value]) => `${key}=${value}`)];
    response.end(`${lines.join('\r\n')}\r\n\r\n`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  made.url = `http://127.0.0.1:${server.address().port}/wsapi/2.0/verify`;
  made.stop = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return made;
}
