/** Closed forms of queueing theory, for comparison. All service times have the same mean `1 / mu`. */

/** Probability that an arrival waits in M/M/c (Erlang C). */
export function erlangC(servers: number, load: number): number {
  let inverseB = 1;
  for (let n = 1; n <= servers; n += 1) inverseB = 1 + (inverseB * n) / load;
  const blocking = 1 / inverseB;
  const rho = load / servers;
  return blocking / (1 - rho * (1 - blocking));
}

/**
 * Mean waits of a non-preemptive priority queue M/M/c, highest priority first (Cobham 1954).
 *
 * @param rates arrivals per second of each class
 * @param meanSeconds mean service time
 */
export function priorityWaits(
  servers: number,
  rates: readonly number[],
  meanSeconds: number,
): readonly number[] {
  const load = rates.reduce((sum, rate) => sum + rate, 0) * meanSeconds;
  const base = (erlangC(servers, load) * meanSeconds) / servers;
  return cobham(rates, meanSeconds / servers, base);
}

/**
 * Mean waits of a non-preemptive priority queue M/G/1 (Cobham 1954).
 *
 * @param cv coefficient of variation of the service time
 */
export function priorityWaitsMG1(
  rates: readonly number[],
  meanSeconds: number,
  cv: number,
): readonly number[] {
  const secondMoment = meanSeconds ** 2 * (1 + cv * cv);
  const residual = (rates.reduce((sum, rate) => sum + rate, 0) * secondMoment) / 2;
  return cobham(rates, meanSeconds, residual);
}

function cobham(
  rates: readonly number[],
  secondsPerServer: number,
  base: number,
): readonly number[] {
  let sigma = 0;
  return rates.map((rate) => {
    const before = 1 - sigma;
    sigma += rate * secondsPerServer;
    return base / (before * (1 - sigma));
  });
}

/** Mean wait of M/D/c in service times, by Crommelin's distribution (Franx 2001 gives the same). */
export function waitMDc(servers: number, rho: number): number {
  const load = servers * rho;
  // L_q from the stationary distribution at multiples of the service time.
  const states = 400;
  let p = new Float64Array(states).fill(0);
  p[0] = 1;
  const poisson = poissonOf(load, states);
  for (let round = 0; round < 4_000; round += 1) {
    const next = new Float64Array(states);
    let idle = 0;
    for (let n = 0; n <= servers; n += 1) idle += p[n] ?? 0;
    for (let n = 0; n < states; n += 1) {
      let sum = idle * (poisson[n] ?? 0);
      const from = Math.max(servers + 1, servers + n - 200);
      for (let k = from; k <= servers + n && k < states; k += 1) {
        sum += (p[k] ?? 0) * (poisson[n - (k - servers)] ?? 0);
      }
      next[n] = sum;
    }
    let change = 0;
    for (let n = 0; n < states; n += 1) change += Math.abs((next[n] ?? 0) - (p[n] ?? 0));
    p = next;
    if (change < 1e-12) break;
  }
  let waiting = 0;
  for (let n = servers + 1; n < states; n += 1) waiting += (n - servers) * (p[n] ?? 0);
  return waiting / load;
}

function poissonOf(mean: number, count: number): Float64Array {
  const values = new Float64Array(count);
  let value = Math.exp(-mean);
  for (let n = 0; n < count; n += 1) {
    values[n] = value;
    value *= mean / (n + 1);
  }
  return values;
}
