// SPDX-License-Identifier: BSD-3-Clause
// An OpenID provider, for tests/e2e/test_oidc_provider and test_relay_openid: panva's oidc-provider as
// it is, with its own pages, a client for each way to prove itself, and accounts that exist once
// somebody logs in with them. The clients of desks have the device grant, those of relays the code
// flow. Started by the test, on loopback, as whoever runs the tests. PACKAGES is where
// tests/harness/npm-packages put them. PACKAGE names the version to run. DIR has the certificate and
// its key, and gets the private keys of the clients: rs256.pem, es256.pem, and two that decrypt.
//
//     node server.mjs PACKAGES PACKAGE DIR    prints "ready https://127.0.0.1:PORT"; ends with SIGTERM
//
// A test asks for more at these paths:
//     /test/rotate  the keys are new ones from now on
//     /test/keep    the next response stays here, at /test/kept, with a link to the relay
//     /test/down    the token endpoint breaks each connection from now on
//     /test/hang    the token endpoint gives no answer from now on
//     /test/poor    is the issuer of a document without PKCE and a signature
//     /test/count   how many requests the token endpoint had
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:https';
import { pathToFileURL } from 'node:url';

const [packages, version, dir] = process.argv.slice(2);
const { resolve } = createRequire(`${packages}/`);
const { Provider } = await import(pathToFileURL(resolve(version)));

const client = (client_id, method, more = {}) => ({
  client_id,
  token_endpoint_auth_method: method,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  redirect_uris: [],
  response_types: [],
  ...more,
});
// Makes a key pair, writes the private key, and returns the public one for a client.
const make_key = (alg, use, ...how) => {
  const { publicKey, privateKey } = generateKeyPairSync(...how);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(`${dir}/${alg.toLowerCase()}.pem`, pem, { mode: 0o600 });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'desk', alg, use };
};
const rs256 = make_key('RS256', 'sig', 'rsa', { modulusLength: 2048 });
const es256 = make_key('ES256', 'sig', 'ec', { namedCurve: 'P-256' });
const signs = (make, client_id, key, more = {}) =>
  make(client_id, 'private_key_jwt', {
    token_endpoint_auth_signing_alg: key.alg,
    jwks: { keys: [key] },
    ...more,
  });
const relay = (client_id, method, more = {}) =>
  client(client_id, method, {
    grant_types: ['authorization_code'],
    redirect_uris: ['https://127.0.0.1/return'], // see redirectUriAllowed below
    response_types: ['code'],
    ...more,
  });
const encrypts = (client_id, alg, enc, ...how) =>
  relay(client_id, 'client_secret_basic', {
    client_secret: secret,
    id_token_signed_response_alg: 'ES256',
    id_token_encrypted_response_alg: alg,
    id_token_encrypted_response_enc: enc,
    jwks: { keys: [make_key(alg, 'enc', ...how)] },
  });
// Characters that have to be encoded, and once more for HTTP Basic.
const secret = 's3:cret/+%&=~';

const configuration = {
  clients: [
    client('desk 3:basic', 'client_secret_basic', { client_secret: secret }),
    client('desk 3:post', 'client_secret_post', { client_secret: secret }),
    client('desk 3:none', 'none'),
    signs(client, 'desk 3:rsa', rs256),
    signs(client, 'desk 3:ec', es256),
    relay('relay 3:basic', 'client_secret_basic', { client_secret: secret }),
    relay('relay 3:post', 'client_secret_post', {
      client_secret: secret,
      id_token_signed_response_alg: 'ES256',
    }),
    signs(relay, 'relay 3:rsa', rs256, { id_token_signed_response_alg: 'EdDSA' }),
    signs(relay, 'relay 3:ec', es256),
    encrypts('relay 3:rsa-oaep', 'RSA-OAEP-256', 'A256GCM', 'rsa', { modulusLength: 2048 }),
    encrypts('relay 3:ecdh-es', 'ECDH-ES', 'A128CBC-HS256', 'ec', { namedCurve: 'P-256' }),
  ],
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    encryption: { enabled: true },
  },
  enabledJWA: {
    idTokenEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
    idTokenEncryptionEncValues: ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'],
  },
  acrValues: ['high'],
  claims: { openid: ['sub', 'bin'] },
  conformIdTokenClaims: false, // or `bin` would only be at the userinfo endpoint
  cookies: { keys: ['a key of a test'] },
  ttl: { DeviceCode: 600 },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, bin: `NLTEST${id}` }),
  }),
};

let n_keys = 0;
const new_keys = () => {
  n_keys++;
  return [
    ['RS256', 'rsa', { modulusLength: 2048 }],
    ['ES256', 'ec', { namedCurve: 'P-256' }],
    ['EdDSA', 'ed25519', {}],
  ].map(([alg, ...how]) => ({
    ...generateKeyPairSync(...how).privateKey.export({ format: 'jwk' }),
    kid: `${alg}-${n_keys}`,
    alg,
    use: 'sig',
  }));
};

// Codes and sessions are in the package's memory, which all providers of this process share.
const make_provider = (issuer) => {
  const provider = new Provider(issuer, { ...configuration, jwks: { keys: new_keys() } });
  // A relay has any port.
  provider.Client.prototype.redirectUriAllowed = (uri) =>
    /^https:\/\/127\.0\.0\.1:\d+\/return$/.test(uri);
  return provider.callback();
};

const server = createServer({
  cert: readFileSync(`${dir}/server.pem`),
  key: readFileSync(`${dir}/server.key`),
});
let provide;
let is_kept = false;
let kept = '';
let is_down = false;
let is_hanging = false;
let n_tokens = 0;

const keep = (reply, issuer) => {
  const { setHeader } = reply;
  reply.setHeader = (name, value) => {
    const back = name.toLowerCase() === 'location' && /^https:[^?]*\/return\?/.test(value);
    if (back) {
      is_kept = false;
      kept = value;
    }
    const there = back ? value.replace(/^[^?]*/, `${issuer}/test/kept`) : value;
    return setHeader.call(reply, name, there);
  };
};

const serve = (issuer) => (request, reply) => {
  const path = request.url.replace(/\?.*/, '');
  if (path === '/token') n_tokens++;
  if (path === '/token' && is_down) {
    request.socket.destroy();
    return;
  }
  if (path === '/token' && is_hanging) return;
  if (!path.startsWith('/test/')) {
    if (is_kept) keep(reply, issuer);
    provide(request, reply);
    return;
  }
  if (path === '/test/poor/.well-known/openid-configuration') {
    const poor = {
      issuer: `${issuer}/test/poor`,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['HS256'],
    };
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(poor));
    return;
  }
  if (path === '/test/rotate') provide = make_provider(issuer);
  is_kept ||= path === '/test/keep';
  is_down ||= path === '/test/down';
  is_hanging ||= path === '/test/hang';
  const link = `<a href="${kept.replaceAll('&', '&amp;')}">Go on where you were</a>`;
  const page = path === '/test/kept' ? link : n_tokens;
  reply.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html><p>${page}</p>`);
};

server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  provide = make_provider(issuer);
  server.on('request', serve(issuer));
  console.log(`ready ${issuer}`);
});
process.on('SIGTERM', () => process.exit(0));
