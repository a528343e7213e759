// SPDX-License-Identifier: BSD-3-Clause
// An OpenID provider with the device grant, for tests/e2e/test_oidc_provider: panva's oidc-provider as
// it is, with its own pages, a client for each way to prove itself, and accounts that exist once
// somebody logs in with them. Started by the test, on loopback, as whoever runs the tests. PACKAGES is
// where tests/harness/npm-packages put them. PACKAGE names the version to run. DIR has the certificate
// and its key, and gets the private keys of the clients, rs256.pem and es256.pem.
//
//     node server.mjs PACKAGES PACKAGE DIR    prints "ready https://127.0.0.1:PORT"; ends with SIGTERM
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
// Makes a key pair, writes the private key, and gives the client the public one.
const signs = (client_id, alg, ...how) => {
  const { publicKey, privateKey } = generateKeyPairSync(...how);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(`${dir}/${alg.toLowerCase()}.pem`, pem, { mode: 0o600 });
  return client(client_id, 'private_key_jwt', {
    token_endpoint_auth_signing_alg: alg,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'desk', alg, use: 'sig' }] },
  });
};
// Characters that have to be encoded, and once more for HTTP Basic.
const secret = 's3:cret/+%&=~';

const configuration = {
  clients: [
    client('desk 3:basic', 'client_secret_basic', { client_secret: secret }),
    client('desk 3:post', 'client_secret_post', { client_secret: secret }),
    client('desk 3:none', 'none'),
    signs('desk 3:rsa', 'RS256', 'rsa', { modulusLength: 2048 }),
    signs('desk 3:ec', 'ES256', 'ec', { namedCurve: 'P-256' }),
  ],
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
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

const server = createServer({
  cert: readFileSync(`${dir}/server.pem`),
  key: readFileSync(`${dir}/server.key`),
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  console.log(`ready ${issuer}`);
});
process.on('SIGTERM', () => process.exit(0));
