// SPDX-License-Identifier: BSD-3-Clause
// Debian's OpenID provider glewlwyd, for tests/e2e/test_oidc_provider and test_relay_openid, with a
// client for each way to prove itself, and the users anna and bram. The client relay-basic has the code
// flow, and is registered when a phone comes with its redirect URI, which a test does not know before. Started by the test, on loopback, as whoever runs the
// tests. A proxy in front of it speaks TLS, and has a login page in the place of glewlwyd's own, which
// is JavaScript: the page calls the same API. DIR has the certificate and its key, and gets all files.
//
//     node glewlwyd.mjs PACKAGES glewlwyd DIR  prints "ready https://127.0.0.1:PORT/api/desk"; ends with
//                                              SIGTERM
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { request } from 'node:http';

const dir = process.argv[4];
// An address of its own for each process, because glewlwyd cannot take any free port.
const address = `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const port = 4593;
const modules = '/usr/lib/glewlwyd';
const secret = 's3cret-of-a-desk'; // glewlwyd does not decode the form encoding of HTTP Basic

const start = (base) => {
  execFileSync('sqlite3', [`${dir}/glewlwyd.db`], {
    input: readFileSync('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'),
  });
  writeFileSync(
    `${dir}/glewlwyd.conf`,
    `port=${port}
bind_address="${address}"
external_url="${base}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="INFO"
cookie_secure=1
session_expiration=3600
session_key="session"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${modules}/user"
client_module_path="${modules}/client"
user_auth_scheme_module_path="${modules}/scheme"
plugin_module_path="${modules}/plugin"
use_secure_connection=false
secure_connection_key_file="${dir}/server.key"
secure_connection_pem_file="${dir}/server.pem"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${dir}/glewlwyd.db"; };
`,
  );
  const log = openSync(`${dir}/glewlwyd.log`, 'w');
  // It must not outlive this process, whatever ends that.
  const glewlwyd = ['glewlwyd', '-c', `${dir}/glewlwyd.conf`];
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...glewlwyd], { stdio: ['ignore', log, log] });
};

// One request to glewlwyd: its status, headers and body.
const ask = (method, path, headers, body) =>
  new Promise((resolve, reject) => {
    const question = request({ host: address, port, method, path, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ answer, body: Buffer.concat(parts) }));
    });
    question.on('error', reject);
    question.end(body);
  });

// One call of its API, in the session of a cookie.
const call = async (method, path, json, cookie = '') => {
  const headers = { 'content-type': 'application/json', cookie };
  const { answer } = await ask(method, `/api/${path}`, headers, JSON.stringify(json));
  if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode}`);
  return answer;
};

const log_in = async (username, password) => {
  const answer = await call('POST', 'auth/', { username, password });
  return answer.headers['set-cookie'].map((cookie) => cookie.split(';')[0]).join('; ');
};

const make_keys = (type, options) => {
  const pair = generateKeyPairSync(type, options);
  return {
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: pair.publicKey.export({ type: 'spki', format: 'pem' }),
  };
};

const rsa = ['rsa', { modulusLength: 2048 }];
const ec = ['ec', { namedCurve: 'P-256' }];

const add_client = (cookie, name, method, more = {}) =>
  call(
    'POST',
    'client/?source=database',
    {
      client_id: `desk-${name}`,
      name,
      enabled: true,
      confidential: method !== 'none',
      authorization_type: ['device_authorization'],
      token_endpoint_auth_method: [method],
      redirect_uri: [],
      scope: ['openid'],
      ...more,
    },
    cookie,
  );

// Makes a key pair, writes the private key, and gives the client the public one.
const add_signing_client = (cookie, name, file, ...how) => {
  const { key, cert } = make_keys(...how);
  writeFileSync(`${dir}/${file}`, key, { mode: 0o600 });
  return add_client(cookie, name, 'private_key_jwt', { pubkey: cert });
};

const set_up = async (issuer) => {
  const cookie = await log_in('admin', 'password');
  const parameters = {
    iss: issuer,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    ...make_keys(...rsa),
    'access-token-duration': 3600,
    'refresh-token-duration': 3600,
    'code-duration': 600,
    'allow-non-oidc': true,
    'auth-type-device-enabled': true,
    'auth-type-code-enabled': true,
    'pkce-allowed': true,
    'jwks-show': true,
    'device-authorization-expiration': 600,
    'device-authorization-interval': 1,
    'request-parameter-allow': true,
    'request-maximum-exp': 3600,
    'client-pubkey-parameter': 'pubkey',
    'subject-type': 'public',
    claims: [{ name: 'bin', 'user-property': 'name', type: 'string', mandatory: true }],
  };
  await call(
    'POST',
    'mod/plugin/',
    { module: 'oidc', name: 'desk', display_name: 'desk', parameters },
    cookie,
  );
  await add_client(cookie, 'basic', 'client_secret_basic', { password: secret });
  await add_client(cookie, 'post', 'client_secret_post', { password: secret });
  await add_client(cookie, 'none', 'none');
  await add_signing_client(cookie, 'rsa', 'rs256.pem', ...rsa);
  await add_signing_client(cookie, 'ec', 'es256.pem', ...ec);
  for (const username of ['anna', 'bram'])
    await call(
      'POST',
      'user/?source=database',
      { username, password: 'any-password', name: `NLTEST${username}`, enabled: true, scope: ['openid'] },
      cookie,
    );
};

const page = (text) => `<!DOCTYPE html><html lang="en"><title>Desk</title><body>${text}</body></html>`;

const add_relay = async (redirect_uri) => {
  const more = {
    client_id: 'relay-basic',
    password: secret,
    authorization_type: ['code'],
    redirect_uri: [redirect_uri],
  };
  await add_client(await log_in('admin', 'password'), 'relay', 'client_secret_basic', more);
};
let is_relay_known = false;

// The login page: a form, and what glewlwyd's page does with it.
const show_login = async (question, url, body) => {
  const back = url.searchParams.get('callback_url') ?? '';
  if (url.searchParams.get('prompt') === 'deviceComplete') return { text: 'Login successful' };
  if (question.method !== 'POST')
    return {
      text: `<form method="post" action="${url.pathname}${url.search.replaceAll('&', '&amp;')}">
        <input name="login"><button type="submit">Sign-in</button></form>`,
    };
  const cookie = await log_in(new URLSearchParams(body).get('login'), 'any-password');
  const client = url.searchParams.get('client_id');
  await call('PUT', `auth/grant/${client}`, { scope: 'openid' }, cookie);
  return { location: `${back}&g_continue`, cookie };
};

const collect = async (question) => {
  const parts = [];
  for await (const part of question) parts.push(part);
  return Buffer.concat(parts);
};

const serve = async (question, reply) => {
  const body = await collect(question);
  const url = new URL(question.url, 'https://127.0.0.1');
  if (!is_relay_known && url.pathname === '/api/desk/auth') {
    is_relay_known = true;
    await add_relay(url.searchParams.get('redirect_uri'));
  }
  if (url.pathname !== '/login.html') {
    const { answer, body: content } = await ask(question.method, question.url, question.headers, body);
    reply.writeHead(answer.statusCode, answer.rawHeaders).end(content);
    return;
  }
  const { text, location, cookie } = await show_login(question, url, body.toString());
  if (location) reply.writeHead(303, { location, 'set-cookie': `${cookie}; path=/` }).end();
  else reply.writeHead(200, { 'content-type': 'text/html' }).end(page(text));
};

const server = createServer(
  { cert: readFileSync(`${dir}/server.pem`), key: readFileSync(`${dir}/server.key`) },
  (question, reply) =>
    serve(question, reply).catch((error) => {
      console.error(error);
      reply.writeHead(500).end();
    }),
);

// Waits until it listens: its log says so.
const wait = (glewlwyd) =>
  new Promise((resolve, reject) => {
    glewlwyd.on('exit', () => reject(new Error(readFileSync(`${dir}/glewlwyd.log`, 'utf8'))));
    const look = () =>
      ask('GET', '/api/', {}).then(resolve, (error) =>
        error.code === 'ECONNREFUSED' ? setTimeout(look, 20) : reject(error),
      );
    look();
  });

server.listen(0, '127.0.0.1', async () => {
  const base = `https://127.0.0.1:${server.address().port}`;
  const glewlwyd = start(base);
  process.on('SIGTERM', () => {
    glewlwyd.removeAllListeners('exit').on('exit', () => process.exit(0));
    glewlwyd.kill();
  });
  await wait(glewlwyd);
  await set_up(`${base}/api/desk`);
  console.log(`ready ${base}/api/desk`);
});
