/** Reads what nvidia-smi prints. The names of the fields are those of `nvidia-smi --help-query-gpu`. */

const MIB = 2 ** 20;

/** One card as the driver describes it; null for what it does not report. */
export interface Card {
  /** The driver's number, which may change at a reboot; the UUID does not. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly memoryTotalBytes: number | null;
  readonly memoryUsedBytes: number | null;
  readonly utilizationPercent: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
  readonly mig: boolean;
}

/** One process with a compute context. */
export interface ComputeApp {
  readonly pid: number;
  readonly cardUuid: string;
  /** Null where the driver does not tell it (`[N/A]`: WSL, other containers). */
  readonly usedBytes: number | null;
}

export interface MigInstance {
  readonly cardUuid: string;
  /** `MIG-…`: what CUDA_VISIBLE_DEVICES takes. */
  readonly uuid: string;
  /** E.g. `3g.71gb`. */
  readonly profile: string;
  /** Number among the card's MIG devices. */
  readonly device: number;
}

export const CARD_QUERY = [
  '--query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu,temperature.gpu,power.draw,mig.mode.current',
  '--format=csv,noheader,nounits',
] as const;

export const APP_QUERY = [
  '--query-compute-apps=gpu_uuid,pid,used_gpu_memory',
  '--format=csv,noheader,nounits',
] as const;

export const MIG_LIST = ['-L'] as const;
export const MIG_DETAILS = ['-q', '-x'] as const;

/** Lines that are no card (a card that is lost prints words) are left out. */
export function parseCards(text: string): readonly Card[] {
  return rows(text).flatMap((fields): Card[] => {
    const [index, uuid, name, total, used, utilization, temperature, power, mig] = fields;
    if (!/^\d+$/.test(index ?? '') || !uuid?.startsWith('GPU-') || !name) return [];
    return [
      {
        index: Number(index),
        uuid,
        name,
        memoryTotalBytes: mebibytes(total),
        memoryUsedBytes: mebibytes(used),
        utilizationPercent: number(utilization),
        temperatureCelsius: number(temperature),
        powerWatts: number(power),
        mig: mig === 'Enabled',
      },
    ];
  });
}

export function parseApps(text: string): readonly ComputeApp[] {
  return rows(text).flatMap(([cardUuid, pid, used]): ComputeApp[] => {
    if (!cardUuid?.startsWith('GPU-') || !/^\d+$/.test(pid ?? '')) return [];
    return [{ cardUuid, pid: Number(pid), usedBytes: mebibytes(used) }];
  });
}

/** `nvidia-smi -L`: cards, and the MIG devices of each below it. */
export function parseMigList(text: string): readonly MigInstance[] {
  const found: MigInstance[] = [];
  let cardUuid: string | null = null;
  for (const line of text.split('\n')) {
    const card = /^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)/.exec(line);
    if (card?.[1]) cardUuid = card[1];
    const mig = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)/.exec(line);
    if (!mig || cardUuid === null) continue;
    const [, profile = '', device = '', uuid = ''] = mig;
    found.push({ cardUuid, uuid, profile, device: Number(device) });
  }
  return found;
}

/**
 * Memory of MIG devices out of `nvidia-smi -q -x`, by card and number of the device: `-L` does not
 * tell it.
 *
 * @returns bytes by `CARD_UUID/DEVICE`
 */
export function parseMigMemory(xml: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [, gpu = ''] of xml.matchAll(/<gpu id="[^"]*">([\s\S]*?)<\/gpu>/g)) {
    // The card's own UUID; those of MIG devices begin with MIG.
    const uuid = /<uuid>(GPU-[\w-]+)<\/uuid>/.exec(gpu)?.[1];
    for (const [, device = ''] of gpu.matchAll(/<mig_device>([\s\S]*?)<\/mig_device>/g)) {
      const index = /<index>(\d+)<\/index>/.exec(device)?.[1];
      const memory = /<fb_memory_usage>\s*<total>(\d+) MiB<\/total>/.exec(device)?.[1];
      if (uuid && index && memory) found.set(`${uuid}/${index}`, Number(memory) * MIB);
    }
  }
  return found;
}

function rows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((field) => field.trim()));
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]` are no numbers. */
function number(field: string | undefined): number | null {
  return field && /^\d+(\.\d+)?$/.test(field) ? Number(field) : null;
}

function mebibytes(field: string | undefined): number | null {
  const value = number(field);
  return value === null ? null : value * MIB;
}
