// SPDX-License-Identifier: BSD-3-Clause
// Two decoders of QR codes for tests/screen/test_photos, which have nothing in common with the ones that
// it links: jsQR, and the one of the package qr. PACKAGES is where tests/harness/npm-packages put
// them. Reads pictures from the FIFO: a line "WIDTH HEIGHT", and a byte of gray for each pixel. For each
// it prints one line: an array of what either read, in JSON, with null for nothing.
//
//     node decode.mjs PACKAGES FIFO
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';

const [packages, fifo] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const jsQR = require('jsqr');
const { decodeQR } = require('qr/decode.js');

const decoders = [
  (data, width, height) => jsQR(data, width, height, { inversionAttempts: 'dontInvert' })?.data,
  (data, width, height) => {
    try {
      return decodeQR({ data, width, height });
    } catch {
      return null; // how it says that it found nothing
    }
  },
];

const decode = (gray, width, height) => {
  const data = new Uint8ClampedArray(4 * gray.length);
  for (let i = 0; i < gray.length; i++) data.set([gray[i], gray[i], gray[i], 255], 4 * i);
  return decoders.map((decoder) => decoder(data, width, height) || null);
};

let left = Buffer.alloc(0);
for await (const part of createReadStream(fifo)) {
  left = Buffer.concat([left, part]);
  for (;;) {
    const end = left.indexOf('\n');
    const [width, height] = end < 0 ? [0, 0] : left.toString('latin1', 0, end).split(' ').map(Number);
    if (end < 0 || left.length < end + 1 + width * height) break;
    const gray = left.subarray(end + 1, end + 1 + width * height);
    console.log(JSON.stringify(decode(gray, width, height)));
    left = left.subarray(end + 1 + width * height);
  }
}
