/** What an app says of its own address: visitors are to come through the gateway. Pure. */
import { DEFAULT_PORT } from '../options/index.js';

const LOCAL_ADDRESS =
  /\b(?:(https?|wss?):\/\/)?(?:127(?:\.\d{1,3}){3}|0\.0\.0\.0|localhost|\[::1?\]):(\d{1,5})(?!\d)(?!\.\d)/gi;

/**
 * A line of an app's with its own port replaced by the gateway's address: what is sent straight to the app
 * has no visitor. Port 7860 is the app's as well, which the hooks lead to the one that it was given.
 *
 * @param appPort where the app listens
 * @param gateway `host:port` of the gateway
 */
export function atTheGateway(line: string, appPort: number, gateway: string): string {
  return line.replaceAll(LOCAL_ADDRESS, (address, scheme: string | undefined, port: string) => {
    if (Number(port) !== appPort && Number(port) !== DEFAULT_PORT) return address;
    // The gateway has no TLS.
    return scheme === undefined
      ? gateway
      : `${scheme.toLowerCase().replace('https', 'http').replace('wss', 'ws')}://${gateway}`;
  });
}
