// SPDX-License-Identifier: BSD-3-Clause
// CM.com's iDIN API 1.0, for tests/e2e/test_relay_cm: a server for the relay, and a client for the
// sandbox. Written from the names in CM.com's public documentation alone, and by no other code of
// this project:
//     https://developers.cm.com/identity/docs/idin-directory, idin-transaction, idin-status
//
//     node cm.mjs serve DIR               prints "ready https://127.0.0.1:PORT"; ends with SIGTERM.
//                                         DIR has server.pem and server.key
//     node cm.mjs client CA URL TOKEN     asks the API at this URL, whose bank approves by itself;
//                                         prints "ok"
//
// The server's bank has a link for each status, and "late", whose phone returned 31 seconds ago.
// /test/report says how many requests were wrong, and how many asked for a status.
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';

const BIC = /^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$/;
const token_of_relay = '3c01abeb-b031-4fea-9f2d-c55c283cd78e';
const statuses = ['success', 'cancelled', 'failure', 'expired', 'open'];
const issuers = [
  { issuer_id: 'RABONL2U', issuer_name: 'Rabobank' },
  { issuer_id: 'INGBNL2A', issuer_name: 'ING Bank' },
];

// --- the server ------------------------------------------------------------------------------

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const must = (is_right, message, status = 400) => {
  if (!is_right) throw new Refusal(status, message);
};

// Each field has a check; those that may be missing end with "?".
const check_fields = (body, fields) => {
  must(body && typeof body === 'object' && !Array.isArray(body), 'no object');
  const names = Object.keys(fields).map((name) => name.replace('?', ''));
  for (const name of Object.keys(body)) must(names.includes(name), `${name} is unknown`);
  for (const [name, check] of Object.entries(fields)) {
    const value = body[name.replace('?', '')];
    must(value === undefined ? name.endsWith('?') : check(value), `${name} is wrong`);
  }
  must(body.merchant_token === token_of_relay, 'Authorization required.', 403);
};

const is_text = (value) => typeof value === 'string' && value !== '';
const is_flag = (value) => typeof value === 'boolean';
const transactions = new Map();
let n_wrong = 0;
let n_statuses = 0;

const calls = {
  directory: (body) => {
    check_fields(body, { merchant_token: is_text });
    return [{ country: 'Nederland', issuers }];
  },

  transaction: (body, base) => {
    check_fields(body, {
      merchant_token: is_text,
      issuer_id: (value) => BIC.test(value) && issuers.some((bank) => bank.issuer_id === value),
      entrance_code: (value) => /^[A-Za-z0-9]{1,40}$/.test(value),
      merchant_return_url: (value) => new URL(value).protocol === 'https:',
      'language?': (value) => ['nl', 'en'].includes(value),
      'transaction_reference?': is_text,
      'identity?': is_flag,
      'name?': is_flag,
      'gender?': is_flag,
      'address?': is_flag,
      'date_of_birth?': is_flag,
      '18y_or_older?': is_flag,
      'email_address?': is_flag,
      'telephone_number?': is_flag,
    });
    for (const other of transactions.values())
      must(other.entrance_code !== body.entrance_code, 'entrance_code is used');
    const id = Array.from({ length: 16 }, () => randomInt(10)).join('');
    transactions.set(id, { ...body, reference: randomUUID(), status: 'open' });
    return {
      transaction_id: id,
      issuer_authentication_url: `${base}/bank?trxid=${id}`,
      merchant_reference: transactions.get(id).reference,
    };
  },

  status: (body) => {
    n_statuses++;
    check_fields(body, {
      merchant_token: is_text,
      transaction_id: (value) => transactions.has(value),
      merchant_reference: (value) => transactions.get(body.transaction_id).reference === value,
    });
    const transaction = transactions.get(body.transaction_id);
    const { status, issuer_id } = transaction;
    const answer = { status, transaction_id: body.transaction_id, issuer_id };
    if (status !== 'success') return answer;
    const is_late = !(Date.now() - transaction.returned_ms < 30000) || transaction.was_told;
    transaction.was_told = true;
    if (is_late) return { ...answer, notice: 'The user data is not available.', notice_code: 'E1' };
    // More than was asked for: the relay has to drop it.
    return {
      ...answer,
      bin: 'NLINGB3x4u89498qe4tqjvdaj0',
      name: { gender: 'male', initials: 'A', last_name: 'Dijk', last_name_prefix: 'van' },
      address: { street: 'Dijklaan', house_number: 1, city: 'Amsterdam', country: 'NL' },
      age: { date_of_birth: '1970-01-01', '18y_or_older': true },
      telephone_number: '+31612345678',
    };
  },
};

const reply_json = (reply, status, answer) =>
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));

const reply_page = (reply, text) =>
  reply.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html><p>${text}</p>`);

const call = (name, http, body, reply, base) => {
  try {
    must(http.method === 'POST' && name in calls, 'no such call');
    must(/^application\/json\b/.test(http.headers['content-type']), 'no JSON');
    reply_json(reply, 200, calls[name](JSON.parse(body), base));
  } catch (error) {
    n_wrong++;
    console.error(`${name}: ${error.message}`);
    reply_json(reply, error.status ?? 400, { message: error.message });
  }
};

// The person chooses, and goes back.
const show_bank = (id, choice, reply, base) => {
  const transaction = transactions.get(id);
  if (!choice) {
    const links = [...statuses, 'late'].map(
      (word) => `<a href="${base}/bank/${word}?trxid=${id}">Simulate ${word}</a>`,
    );
    reply_page(reply, links.join(' '));
    return;
  }
  transaction.status = choice === 'late' ? 'success' : choice;
  transaction.returned_ms = Date.now() - (choice === 'late' ? 31000 : 0);
  const url = new URL(transaction.merchant_return_url);
  url.searchParams.append('trxid', id);
  url.searchParams.append('ec', transaction.entrance_code);
  reply.writeHead(302, { location: url.href }).end();
};

const serve = (dir) => {
  const server = createServer({
    cert: readFileSync(`${dir}/server.pem`),
    key: readFileSync(`${dir}/server.key`),
  });
  server.on('request', async (http, reply) => {
    const base = `https://127.0.0.1:${server.address().port}`;
    const { pathname, searchParams } = new URL(http.url, base);
    const [, first, second, third] = pathname.split('/');
    let body = '';
    for await (const part of http) body += part;
    if (first === 'bank') show_bank(searchParams.get('trxid'), second, reply, base);
    else if (first === 'test') reply_page(reply, `wrong ${n_wrong}, statuses ${n_statuses}.`);
    else call(first === 'idin' && second === 'v1.0' ? third : '', http, body, reply, base);
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`ready https://127.0.0.1:${server.address().port}`);
  });
  process.on('SIGTERM', () => process.exit(0));
};

// --- the client ------------------------------------------------------------------------------

const fetch_with = (ca) => (url, method = 'GET', body = undefined) =>
  new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = request(url, { method, headers, ca }, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode, headers: answer.headers, text });
    });
    sent.on('error', reject);
    sent.end(body);
  });

const ask_sandbox = async (ca_file, base, merchant_token) => {
  const fetch = fetch_with(readFileSync(ca_file));
  const post = async (path, body) => {
    const answer = await fetch(`${base}/${path}`, 'POST', JSON.stringify(body));
    return { status: answer.status, json: JSON.parse(answer.text) };
  };
  const refuse = async (path, body, status) => {
    const answer = await post(path, body);
    assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer.json)}`);
    assert.ok(is_text(answer.json.message));
  };

  const directory = await post('directory', { merchant_token });
  assert.equal(directory.status, 200);
  const banks = directory.json.flatMap((country) => {
    assert.ok(is_text(country.country));
    return country.issuers;
  });
  assert.ok(banks.length > 0);
  for (const bank of banks) assert.ok(BIC.test(bank.issuer_id) && is_text(bank.issuer_name));
  const stranger = randomUUID();
  await refuse('directory', { merchant_token: stranger }, 403);
  await refuse('directory', { merchant_token, country: 'NL' }, 400);
  await refuse('directory', {}, 400);

  const wish = {
    merchant_token,
    identity: true,
    issuer_id: banks[0].issuer_id,
    entrance_code: randomUUID().replaceAll('-', ''),
    merchant_return_url: 'https://desk.example/return',
    language: 'nl',
    transaction_reference: randomUUID(),
  };
  for (const change of [
    { issuer_id: 'NOSUNL2A' },
    { entrance_code: 'a-b' },
    { entrance_code: 'a'.repeat(41) },
    { merchant_return_url: 'http://desk.example/' },
    { merchant_return_url: undefined },
    { identity: 'yes' },
    { bin: true },
  ])
    await refuse('transaction', { ...wish, ...change }, 400);
  await refuse('transaction', { ...wish, merchant_token: stranger }, 403);
  const started = await post('transaction', wish);
  assert.equal(started.status, 200, JSON.stringify(started.json));
  const { transaction_id, merchant_reference, issuer_authentication_url } = started.json;
  assert.match(transaction_id, /^\d{16}$/);
  assert.ok(is_text(merchant_reference));

  const question = { merchant_token, transaction_id, merchant_reference };
  const early = await post('status', question);
  assert.deepEqual(early.json, { status: 'open', transaction_id });

  let page = await fetch(issuer_authentication_url);
  if (page.headers.location)
    page = await fetch(new URL(page.headers.location, issuer_authentication_url));
  const link = page.text.match(/https:\/\/desk\.example\/return[^"]*/)[0].replaceAll('&amp;', '&');
  const back = new URL(link).searchParams;
  assert.equal(back.get('trxid'), transaction_id);
  assert.equal(back.get('ec'), wish.entrance_code);

  await refuse('status', { ...question, merchant_reference: randomUUID() }, 400);
  await refuse('status', { ...question, transaction_id: '0000000000000000' }, 400);
  await refuse('status', { ...question, merchant_token: stranger }, 403);
  const first = await post('status', question);
  assert.equal(first.status, 200);
  assert.equal(first.json.status, 'success');
  assert.equal(first.json.transaction_id, transaction_id);
  assert.equal(first.json.issuer_id, wish.issuer_id);
  assert.match(first.json.bin, /^[A-Za-z]{2}./);
  assert.ok(!('notice' in first.json));
  const again = await post('status', question);
  assert.equal(again.json.status, 'success');
  assert.ok(!('bin' in again.json) && 'notice' in again.json && 'notice_code' in again.json);
  console.log('ok');
};

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'serve') serve(...rest);
else await ask_sandbox(...rest);
