export const WORKFLOW_PATH = '.github/workflows/zerogpu.yml';

/**
 * A GitHub Actions workflow that checks the Space and runs its tests on the emulated GPU.
 *
 * @param version of zerogpu to use: a newer one may know new rules, and is taken on purpose
 * @param runFlags further flags of `zerogpu run`
 */
export function workflow(version: string, runFlags: readonly string[]): string {
  const run = ['run', '.', '--yes', '--fresh', ...runFlags, '--', 'pytest', 'tests/'].join(' ');
  return `name: zerogpu
on: [push, pull_request]

permissions:
  contents: read

jobs:
  space:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - uses: actions/setup-python@v5
        with:
          python-version: "3.10"
      # The Space's packages, with a CPU build of PyTorch: kept from one run to the next.
      - uses: actions/cache@v4
        with:
          path: ~/.cache/zerogpu
          key: zerogpu-\${{ runner.os }}-\${{ hashFiles('README.md', 'requirements.txt') }}
      # Findings appear beside the lines of a pull request.
      - run: npx --yes zerogpu@${version} check . --format github
      - run: pip install pytest gradio_client
      - run: npx --yes zerogpu@${version} ${run}
`;
}
