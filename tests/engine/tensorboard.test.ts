// TensorBoard's event files, read back with a reader written from the formats' descriptions: framing, checksums, steps and scalars.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { crc32c, tensorboardScalars } from '#core/formats/tensorboard';
import { TensorboardWriter } from '#engine/training/tensorboard';
import { openExample, temporaryFolder } from './support';

/** CRC-32C bit by bit, and TFRecord's mask. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((crc ^ (byte >> bit)) & 1) === 1;
      crc = (crc >>> 1) ^ (isOdd ? 0x82f63b78 : 0);
    }
  const value = ~crc >>> 0;
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0;
}

/** The data of each TFRecord; throws where a length or a checksum is wrong. */
function recordsIn(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(data.length).toBe(length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    records.push(data);
    at += length + 16;
  }
  return records;
}

/** Fields of a protobuf message by number: numbers for varints and floats, bytes for the rest. */
function fieldsOf(bytes: Buffer): [number, number | Buffer][] {
  const fields: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push([field, varint()]);
    else if (wire === 1) fields.push([field, bytes.readDoubleLE((at += 8) - 8)]);
    else if (wire === 5) fields.push([field, bytes.readFloatLE((at += 4) - 4)]);
    else if (wire === 2) {
      const length = varint();
      fields.push([field, bytes.subarray(at, (at += length))]);
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}

function eventOf(data: Buffer) {
  const event = new Map(fieldsOf(data));
  const summary = event.get(5);
  const scalars = Buffer.isBuffer(summary)
    ? fieldsOf(summary).map(([, value]) => {
        const parts = new Map(fieldsOf(value as Buffer));
        return [String(parts.get(1)), Number(parts.get(2))] as const;
      })
    : [];
  return { time: event.get(1), step: event.get(2), version: event.get(3), scalars: new Map(scalars) };
}

test('the checksum is CRC-32C', () => {
  // RFC 3720 B.4, and the check value of its catalogue entry.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('a record keeps large steps, any name and values that are not finite', () => {
  const [data] = recordsIn(
    Buffer.from(tensorboardScalars(1.5, 2 ** 40 + 5, { 'train/größe': Number.NaN, b: -2.5 })),
  );
  const { time, step, scalars } = eventOf(data ?? Buffer.alloc(0));
  expect([time, step]).toEqual([1.5, 2 ** 40 + 5]);
  expect([...scalars]).toEqual([
    ['train/größe', Number.NaN],
    ['b', -2.5],
  ]);
});

test('a run is written whole: a header, its steps, its epochs', async () => {
  const folder = path.join(temporaryFolder(), 'events', 'iris');
  const session = await openExample('iris', { epochs: 3 });
  const writer = await TensorboardWriter.create(folder);
  const run = await session.train();
  await writer.follow(run);
  const [name = ''] = readdirSync(folder);
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\..+/);
  const [header, ...events] = recordsIn(readFileSync(path.join(folder, name))).map(eventOf);
  expect(String(header?.version)).toBe('brain.Event:2');
  const told = run.snapshot().events.filter(({ event }) => event === 'step' || event === 'epoch');
  expect(events.map(({ step }) => step)).toEqual(told.map(({ step }) => step));
  const last = told.at(-1);
  expect(events.at(-1)?.scalars.get('validation/loss')).toBe(
    Math.fround(last?.metrics['validation_loss'] ?? 0),
  );
  expect(events.at(-1)?.scalars.get('epoch/loss')).toBe(Math.fround(last?.loss ?? 0));
  expect(events[0]?.scalars.get('train/lr')).toBe(Math.fround(0.01));
});
