import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a card sits on the bus; the package reads whatever folder there is. */
const BUS_LOCATION = '0000:01:00.0';

/**
 * Writes what the NVIDIA driver shows of a card as `/proc/driver/nvidia/gpus/BUS/information`, in its form, for
 * the `spaces` package to find the model (zerogpu_driver.py).
 *
 * @returns the folder that stands in for `/proc/driver/nvidia/gpus`
 */
export function writeDriverFiles(runDir: string, model: string, uuid: string): string {
  const gpus = join(runDir, 'driver-gpus');
  const card = join(gpus, BUS_LOCATION);
  mkdirSync(card, { recursive: true, mode: 0o700 });
  const information = [
    `Model: \t\t ${model}`,
    `GPU UUID: \t ${uuid}`,
    'Bus Type: \t PCIe',
    `Bus Location: \t ${BUS_LOCATION}`,
    'Device Minor: \t 0',
    'GPU Excluded:\t No',
  ];
  writeFileSync(join(card, 'information'), `${information.join('\n')}\n`, { mode: 0o600 });
  return gpus;
}
