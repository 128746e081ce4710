// Loaded into every Node process of a test: writes down where it connects to.
const { appendFileSync } = require('node:fs');
const net = require('node:net');
const dgram = require('node:dgram');

const tell = (to) => appendFileSync(process.env.SOCKETS_SEEN, `${to}\n`);

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  // Callers of node:net hand over its normalised arguments: an array that holds the options.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options =
    typeof first === 'object' && first !== null ? first : { port: first, host: second };
  if (!options.path) tell(typeof options.host === 'string' ? options.host : 'localhost');
  return connect.apply(this, args);
};

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (...args) {
  tell(args.filter((arg) => typeof arg === 'string').at(-1) ?? 'localhost');
  return send.apply(this, args);
};
