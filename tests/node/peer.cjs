// The other side of the wire: reads what our handlers send, and sends what they read.
//
// Standard input is a JSON document {format, options, encode, decode}: messages to
// encode, in the tagged form of `falcon-media encode`, and frames to decode, in hex.
// Standard output is {encode, decode}: the frames, and the messages.

'use strict';

const { createRequire } = require('node:module');
const packages = createRequire(`${process.env.NODE_PACKAGES}/`);
const work = JSON.parse(require('node:fs').readFileSync(0, 'utf-8'));

// ------------------------------------------------------------------- the tagged form

function toTagged(value) {
  if (typeof value === 'bigint') {
    const small = BigInt.asIntN(54, value) === value;
    return small ? Number(value) : { $int: value.toString() };
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { $float: Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf' };
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value).toString('hex') };
  }
  if (value instanceof Date) {
    return { $datetime: value.toISOString() };
  }
  if (value instanceof UUID) {
    return { $uuid: value.toString() };
  }
  if (Array.isArray(value)) {
    return value.map(toTagged);
  }
  return mapped(value, toTagged);
}

function fromTagged(value) {
  if (Number.isSafeInteger(value) && (value | 0) !== value && value !== value >>> 0) {
    // Beyond 32 bits both packages write a number as a float; what is to arrive as an
    // integer has to be a BigInt.
    return work.options.numbers ? value : BigInt(value);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(fromTagged);
  }
  const [tag] = Object.keys(value);
  switch (tag) {
    case '$int':
      return BigInt(value.$int);
    case '$float':
      return { nan: NaN, inf: Infinity, '-inf': -Infinity }[value.$float];
    case '$bytes':
      return new Uint8Array(Buffer.from(value.$bytes, 'hex'));
    case '$datetime':
      return new Date(value.$datetime);
    case '$uuid':
      return new UUID(Buffer.from(value.$uuid.replaceAll('-', ''), 'hex'));
    default:
      return mapped(value, fromTagged);
  }
}

function mapped(object, convert) {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, convert(value)])
  );
}

class UUID {
  constructor(bytes) {
    this.bytes = bytes;
  }

  toString() {
    const hex = Buffer.from(this.bytes).toString('hex');
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
  }
}

// ------------------------------------------------------------------------ the formats

function msgpack(given) {
  const { encode, decode } = packages('@msgpack/msgpack');
  // Without it, integers beyond 2^53 are rounded.
  const options = { useBigInt64: true, ...given };
  return {
    encode: (media) => encode(media, options),
    decode: (frame) => decode(frame, options),
  };
}

function cbor(given) {
  const { Encoder, addExtension } = packages('cbor-x');
  addExtension({
    Class: UUID,
    tag: 37,
    encode: (uuid, encode) => encode(uuid.bytes),
    decode: (bytes) => new UUID(bytes),
  });
  // Records are an extension of cbor-x's own, and so are the tags of typed arrays.
  return new Encoder({ useRecords: false, tagUint8Array: false, ...given });
}

function protobuf({ proto, message }) {
  const { Root, util, configure } = packages('protobufjs');
  util.Long = packages('long');
  configure();
  const type = new Root().loadSync(proto, { keepCase: true }).lookupType(message);
  return {
    encode: (media) => type.encode(type.fromObject(mapped(media, longs))).finish(),
    decode: (frame) => mapped(type.toObject(type.decode(frame)), bigints),
  };
}

function longs(value) {
  const Long = packages('long');
  return typeof value === 'bigint' ? Long.fromString(value.toString(), true) : value;
}

function bigints(value) {
  const Long = packages('long');
  if (Long.isLong(value)) {
    return BigInt(value.toString());
  }
  const isMap = value !== null && typeof value === 'object' && value.constructor === Object;
  return isMap ? mapped(value, bigints) : value;
}

// -------------------------------------------------------------------------- the work

const codec = { msgpack, cbor, protobuf }[work.format](work.options);
const done = {
  encode: work.encode.map((message) =>
    Buffer.from(codec.encode(fromTagged(message))).toString('hex')
  ),
  decode: work.decode.map((frame) => toTagged(codec.decode(Buffer.from(frame, 'hex')))),
};
process.stdout.write(JSON.stringify(done));
