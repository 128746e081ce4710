/** docs/benchmarks.md from the last figures of each claim. */
const HEAD = `# Benchmarks

<!-- Written by \`npm run bench\` from bench/results.json. -->

Every performance claim of this project, measured beside its peer in the same run. \`×\` is the ratio to the peer, taken
round by round; the median is shown. A ratio of times wants to be small, a ratio of rates large: the goal says which. The
load average before each measurement is in the last column: above the number of cores, other programs disturbed it.

| claim | figure | measured | goal | met | peer | on, load |
|---|---|---|---|---|---|---|
`;

/** Why a goal is missed, for the claims that say so and miss one. */
function reasonsOf(claims, results) {
  const missed = claims.filter(
    ({ id, why }) => why && results[id]?.figures.some(({ isMet }) => isMet === false),
  );
  if (missed.length === 0) return '';
  const lines = missed.map(({ claim, why }) => `- ${claim}: ${why}`);
  return `\nWhere a goal is missed:\n\n${lines.join('\n')}\n`;
}

const metWord = (isMet) => (isMet === null ? '' : isMet ? 'yes' : '**no**');

export function renderPage(claims, results) {
  const rows = claims.flatMap(({ id, claim, peer }) => {
    const result = results[id];
    if (!result) return [`| ${claim} | | not measured | | | ${peer} | |`];
    return result.figures.map(
      ({ name, value, goal, isMet }, index) =>
        `| ${index === 0 ? claim : ''} | ${name} | ${value} | ${goal ?? 'none'} | ${metWord(isMet)} | ${
          index === 0 ? peer : ''
        } | ${index === 0 ? `${result.on}, ${result.load}` : ''} |`,
    );
  });
  const machines = new Map();
  for (const { machine } of Object.values(results)) machines.set(JSON.stringify(machine), machine);
  const lines = [...machines.values()].map(
    ({ cores, memoryGiB, kernel, node, python, torch }) =>
      `- ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, Python ${python ?? '–'}, PyTorch ${torch ?? '–'}`,
  );
  return `${HEAD}${rows.join('\n')}\n${reasonsOf(claims, results)}\nMachine${lines.length === 1 ? '' : 's'}:\n\n${lines.join('\n')}\n`;
}
