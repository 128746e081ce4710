import { CLUSTER_ERROR_PAGES } from './cluster-error-pages.js';
import type { ErrorCode } from './errors.js';

/** What `zerogpu explain CODE` and docs/errors.md say of an error, beyond its half-line. */
export interface ErrorPage {
  /** When it happens and why. */
  readonly why: string;
  /** What to do. */
  readonly instead: string;
}

export const ERROR_PAGES: Readonly<Record<ErrorCode, ErrorPage>> = {
  E_USAGE: {
    why: 'A flag, an argument or an environment variable `ZEROGPU_…` has a value that the command cannot use. The message names it as you wrote it. An empty variable counts as not set.',
    instead: '`zerogpu COMMAND --help` lists each flag with its values and its variable.',
  },
  E_PLATFORM_UNKNOWN: {
    why: 'Facts of the platform are kept as profiles, one for each edition, and `--platform` (or `platform` in zerogpu.json) names one that is not there.',
    instead: 'Take one of the names that the message lists.',
  },
  E_PLATFORM_INVALID: {
    why: 'A file of `src/platform/profiles` was changed by hand and no longer matches the schema.',
    instead: 'Fix the fields that the message names, or install zerogpu again.',
  },
  E_SPACE_NOT_FOUND: {
    why: 'The folder does not exist, or is a file.',
    instead: 'Name the folder that contains README.md and the app file.',
  },
  E_SPACE_FRONT_MATTER: {
    why: 'The block of YAML at the top of README.md cannot be read, or a key that must be text is a list or a table.',
    instead:
      'Fix the line that the message names. Text with a colon needs quotes. `zerogpu check` shows all that is wrong at once.',
  },
  E_SPACE_SDK: {
    why: 'The front matter names an SDK other than Gradio, and ZeroGPU runs Gradio Spaces only.',
    instead: 'Write `sdk: gradio`, if it is a Gradio app.',
  },
  E_SPACE_APP_FILE: {
    why: 'The file that `app_file` names (app.py when it names none) does not exist, or lies outside the Space.',
    instead: 'Name the file that exists. Letter case counts.',
  },
  E_SPACE_REQUIREMENTS: {
    why: 'The installer refused requirements.txt: a line that it cannot read, a version that does not exist, versions that exclude each other.',
    instead:
      'The message has the words of the installer. `zerogpu check` finds lines that pip refuses without installing anything.',
  },
  E_OS_UNSUPPORTED: {
    why: 'The ZeroGPU mode of the `spaces` package forks workers and reads /proc: it runs on Linux only.',
    instead: 'Use a Linux machine, a container or WSL 2.',
  },
  E_PYTHON_NOT_FOUND: {
    why: 'No Python interpreter of a version that Gradio and `spaces` work with was found.',
    instead: 'Install Python 3.10 or newer, or name one with `--python`.',
  },
  E_PYTHON_ENV: {
    why: 'The Python that was chosen lacks a package that the Space needs, and zerogpu does not install into environments that it has not made.',
    instead:
      'Run the line after `fix`, or leave `--python` out: a managed environment is made then.',
  },
  E_PYTHON_INSTALL: {
    why: 'Installing packages failed: the package index is out of reach, the disk is full, or a package has no build for this Python.',
    instead: 'The message contains the words of the installer and the usual fix.',
  },
  E_ENV_IN_USE: {
    why: 'A process runs from the Python environment, or is making it. Without its files the process would fail at its next import.',
    instead:
      'End the run, then repeat the command. `zerogpu env list` shows which environments are in use.',
  },
  E_PORT_TAKEN: {
    why: 'Another process listens on the port that you asked for. A port that you did not name moves on to the next free one; a named one never does.',
    instead: 'End the other process, or name another port.',
  },
  E_GPU_UNAVAILABLE: {
    why: 'The GPU backend that was chosen cannot be used on this machine.',
    instead: '`nvidia-smi` has to list the GPU (docs/real-gpu.md). `--gpu mock` needs none.',
  },
  E_APP_CRASHED: {
    why: 'The app ended before it answered. Its last lines are above the message.',
    instead:
      'Fix what the traceback names. `zerogpu check` knows what breaks at import on ZeroGPU.',
  },
  E_APP_SILENT: {
    why: 'The app did not answer within the start-up time: it still loads models, or it listens on an address that it did not report.',
    instead: 'Give it longer with `--start-timeout 20m`, or see what it waits for in its output.',
  },
  E_NO_GPU_FUNCTION: {
    why: 'The `spaces` package reports the start of an app that has a decorated function, when the app calls `launch()`. The app answers and this report did not come: nothing is decorated when it starts, or a FastAPI app with a mounted Gradio app never calls `launch()`. The platform stops such a Space with "No @spaces.GPU function detected during startup".',
    instead:
      'Decorate a function with `@spaces.GPU` at the top level of the app. In a mounted app, call `spaces.zero.startup()` once before `uvicorn.run()`. `--allow-no-gpu-function` serves the Space all the same.',
  },
  E_RUN_NONE: {
    why: 'Runs are found through files in the state folder, by the folder of their Space, its `owner/name` or their address. None of the active runs has the one that you named.',
    instead:
      '`zerogpu status` lists the active runs. A run with a `--state-dir` of its own is found with the same flag.',
  },
  E_RUN_SEVERAL: {
    why: 'More than one run has the folder or the name that you gave.',
    instead: 'Name one by its address, as the message lists them.',
  },
  E_RUN_ENDED: {
    why: '`zerogpu wait` saw the run start and end: its app crashed, or somebody stopped it.',
    instead: '`zerogpu logs` shows what it printed, after its end as well.',
  },
  E_RUN_WAIT: {
    why: 'The run is active, but its app does not answer yet: it installs packages, downloads weights, or hangs.',
    instead: 'See what it does with `zerogpu logs -f`, or wait longer with `--timeout`.',
  },
  E_RUN_STUCK: {
    why: '`zerogpu stop` sent the signal of Ctrl-C twice, and the process is still there.',
    instead:
      'End it with the line after `fix`. Its supervisors end the app, and the next run removes its files.',
  },
  E_CALL_ENDPOINT: {
    why: 'An endpoint is named after the function behind it, or by `api_name`. The message lists the names that the Space shows to clients.',
    instead: '`zerogpu call --list` shows each endpoint with its parameters.',
  },
  E_CALL_ARGUMENT: {
    why: 'The endpoint has no such parameter, needs one that was not given, or the value is not of its type.',
    instead:
      'The line after `fix` has every parameter of the endpoint, the optional ones in brackets.',
  },
  E_CALL_UNREACHABLE: {
    why: 'The run has ended, its app is being restarted, or something other than a Gradio app listens at the address.',
    instead: '`zerogpu status` shows what runs, `zerogpu logs` what it printed.',
  },
  E_CALL_FAILED: {
    why: 'The call got the GPU, or needed none, and the function raised an exception or was killed. The message has the words that the visitor reads.',
    instead:
      '`zerogpu logs` has the traceback. Gradio shows the text of an exception to visitors with `launch(show_error=True)`, and that of a `gr.Error` always.',
  },
  E_CALL_REFUSED: {
    why: 'The allocator refused the call: the quota of the visitor does not cover the declared seconds, or no GPU was free within the queue time. The message has the words that the visitor reads.',
    instead:
      'Call as another visitor (`--as pro:ada`), declare a shorter duration, or start again with full quotas: `zerogpu state reset`.',
  },
  E_ESTIMATE_FILES: {
    why: 'The Space loads a model of which this machine has no configuration or no header, and the Hub does not answer. Weights are never needed, but names, types and shapes are.',
    instead:
      'Run `zerogpu estimate` once with a network, or name a folder that holds the configuration and the safetensors files. A gated model needs a token: `hf auth login`.',
  },
  E_ESTIMATE_START: {
    why: 'The app ended before it answered, on the weightless device. What it printed is above the message.',
    instead:
      '`zerogpu run` shows whether it starts with its weights; `zerogpu run --weightless` starts it as `estimate` does.',
  },
  E_ESTIMATE_WRITE: {
    why: 'The file that `--svg` or `--snapshot` names could not be written: its folder is missing or read-only, or the disk is full. The report on stdout is complete.',
    instead: 'Name a file in a folder that you may write to.',
  },
  E_COMMAND_NOT_FOUND: {
    why: 'The command after `--` is not on PATH, or may not be executed.',
    instead: 'Name it with its path, or install it.',
  },
  E_CHECK_RULE_UNKNOWN: {
    why: 'A rule is named by its id (`ZG201`), its name (`torch-unsupported`) or the start of an id (`ZG2`). The word that you gave is none of these.',
    instead: '`zerogpu explain` lists every rule.',
  },
  E_CHECK_UNREADABLE: {
    why: 'The folder is there and cannot be listed, so nothing in it can be checked.',
    instead: 'Give yourself the permission to read it.',
  },
  E_CHECK_RESOLVE: {
    why: '`zerogpu check --resolve` asks uv whether the requirements can be installed together, and no uv was found: not on PATH, not in the activated environment, not in the cache of zerogpu.',
    instead: '`pip install uv`, or leave `--resolve` out: the other rules need no uv.',
  },
  E_CHECK_OUTPUT: {
    why: 'The report was made and cannot be written to the file after `--output`.',
    instead: 'Name a file in a folder that exists and can be written to.',
  },
  E_CONFIG_INVALID: {
    why: 'zerogpu.json in the folder of the Space is not JSON, or has an unknown key or an invalid value. A key with a typing error would otherwise be ignored without a word.',
    instead: 'Fix the keys that the message names; docs/config.md lists all of them.',
  },
  E_INIT_EXISTS: {
    why: 'Files of the template are there already, and `zerogpu init` never replaces a file unasked. Nothing was written.',
    instead:
      'Name an empty folder, add only what is missing with `--here`, or replace the files with `--force`.',
  },
  E_INIT_WRITE: {
    why: 'A file or a folder of the new Space could not be made: no permission, a full disk, or a file where a folder has to be.',
    instead: 'Fix what the message says, then run the command again with `--force`.',
  },
  E_CURRENT_FOLDER: {
    why: 'The folder that the command was started in was deleted, renamed by a tool that made another one in its place, or belongs to another user. Commands that need no folder (`explain`, `quota`) work there all the same.',
    instead:
      'Change to a folder that is there: `cd`, or `cd "$PWD"` when another one has its place.',
  },
  E_SYSTEM: {
    why: 'The operating system refused to write or open a file that zerogpu needs: no room or no inodes are left on the disk, it is read-only or reports an error, or the limit of open files is reached.',
    instead:
      'Make room (`df -h`, `df -i`), or name folders on another disk: `--state-dir`, `XDG_CACHE_HOME`, `TMPDIR`. More open files: `ulimit -n 4096`.',
  },
  E_STATE_DIR: {
    why: 'The folder for the state of runs cannot be made or written to.',
    instead: 'Name another one with `--state-dir` or `ZEROGPU_STATE_DIR`.',
  },
  E_STATE_LOCKED: {
    why: 'A ledger has one writer: another `zerogpu run` of this Space, or another `zerogpu serve`, has it. Two would charge every call twice.',
    instead:
      '`zerogpu serve` is one allocator that every run joins; `zerogpu run --fresh` keeps the quotas of one run in memory.',
  },
  E_LEDGER_DAMAGED: {
    why: 'A snapshot or an event in the ledger does not match its checksum, or one is missing: the disk or another program has changed it. A torn end, as a crash leaves it, does not count as damage: it is truncated and backed up.',
    instead:
      '`zerogpu state reset` starts with full quotas and backs up the damaged file; an earlier `zerogpu state export` can be imported.',
  },
  E_LEDGER_NEWER: {
    why: 'The ledger was written by a newer zerogpu, in a form that this one does not know. It is untouched.',
    instead: 'Install the newer zerogpu again, or start with full quotas: `zerogpu state reset`.',
  },
  E_LEDGER_OLDER: {
    why: 'Beside `ledger.db`, `ledger.db-last` records which ledger it is and how far it had come. The ledger that is there now is another one, or ends before that: a copy was put in its place, or the end of its log was cut off. It would give back what was charged since. It is untouched.',
    instead:
      'If you restored a backup, `zerogpu state accept` continues with it. Otherwise put the newest ledger back, with all files whose names begin with `ledger.db`, or start with full quotas: `zerogpu state reset`.',
  },
  E_LEDGER_WRITE: {
    why: 'The disk reported that it could not keep what was written (a failed fsync). What it holds is unknown until it is read again, so the allocator ends instead of guessing.',
    instead: 'Look after the disk, then start again. Nothing that was answered is lost.',
  },
  E_STATE_EXPORT: {
    why: '`zerogpu state export` could not write the file that it was given; nothing of it is left behind.',
    instead: 'Name a file in a folder that is there, or `-` for standard output.',
  },
  E_STATE_IMPORT: {
    why: '`zerogpu state import` takes the JSON that `zerogpu state export` writes; the message names the first field that is not as it should be.',
    instead: 'Make a file with `zerogpu state export FILE`, and change that.',
  },
  E_ALLOCATOR_GONE: {
    why: 'No `zerogpu serve` and no `zerogpu run` of this state folder answers.',
    instead: 'Start one, or name its folder with `--state-dir`.',
  },
  E_ALLOCATOR_REFUSED: {
    why: 'The allocator was asked for something that it can not do now: to kill a call that does not run, say, or it is of another version.',
    instead: 'The message has its own words.',
  },
  E_HOSTING_LIMIT: {
    why: 'An owner may host so many ZeroGPU Spaces (a personal PRO account 10, an organisation 50), and as many run here already under that name.',
    instead: 'Stop one of them, or say whose Space it is: `--owner org:NAME`.',
  },
  ...CLUSTER_ERROR_PAGES,
  E_HUB_TOKEN: {
    why: '`--account` and Spaces on the Hub (`hf:OWNER/NAME`, `OWNER/NAME`, an address) ask the Hub with your token: `HF_TOKEN`, else the file at `HF_TOKEN_PATH`, else `token` in `HF_HOME`. There is none, it can not be read, or the Hub answered 401. It answers 401 for what does not exist as well.',
    instead:
      '`hf auth login`, or set `HF_TOKEN`. The token is sent to the host of `HF_ENDPOINT` only.',
  },
  E_HUB_PERMISSION: {
    why: 'The Hub answered 403. The quota of the account needs "Billing > Read billing usage and payment method status" on a fine-grained token, or the scope `read-billing` on an OAuth token; an inference-only token can not have it.',
    instead:
      'Add the permission that the message names on the page of the token, or make a new one.',
  },
  E_HUB_NOT_FOUND: {
    why: 'The Hub answered 404. It answers so too for a private Space that the token may not see.',
    instead: 'Look at owner, name and revision; for a private Space, log in with `hf auth login`.',
  },
  E_HUB_RATE_LIMITED: {
    why: 'The Hub answered 429, or said before that nothing is left in this window. zerogpu waits as long as the `RateLimit` and `Retry-After` headers say, and 60 s where they say nothing.',
    instead: 'Wait as long as the message says.',
  },
  E_HUB_OFFLINE: {
    why: 'With `HF_HUB_OFFLINE` nothing is sent to the Hub. Files that are in the shared cache can still be used.',
    instead: 'Unset `HF_HUB_OFFLINE`, or take what the cache has.',
  },
  E_HUB_UNREACHABLE: {
    why: 'The connection failed, the answer took too long or was cut off, or the Hub answered 5xx; three tries were made. Proxies named in the environment are not used.',
    instead: 'Look after the connection and `HF_ENDPOINT`, then try again.',
  },
  E_HUB_ANSWER: {
    why: 'The answer is not JSON, is not of the documented form, is too large, names files outside its Space, sends on to another host (which gets no token), or a file is not of its said size and digest.',
    instead:
      'Look whether `HF_ENDPOINT` is a Hub. If it is, its form has changed: look for a newer zerogpu.',
  },
  E_HUB_TOO_LARGE: {
    why: 'A Space may hold gigabytes of weights. `run hf:…` and `init --from hf:…` bring up to 100 MB unasked; more only when somebody on a terminal says yes, with `--yes`, or with a `--max-download` that is large enough. A `--max-download` is kept even with `--yes`.',
    instead:
      'Run it again with the flag that the error names. What has come already is kept and not brought again.',
  },
  E_HUB_CACHE: {
    why: 'Files of a Space go into the cache that the Python tools share (`HF_HUB_CACHE`, else `hub` in `HF_HOME`). The disk is full, or the folder may not be written.',
    instead: 'Make room, or name another folder with `HF_HUB_CACHE`. Unfinished files are removed.',
  },
  E_MCP_REFUSED: {
    why: 'A client of `zerogpu mcp` named a file or folder outside `--root`, or reached one by a link; it asked for a tool that runs or changes something, and the server was started without `--allow-run`; or the change would have met other Spaces too.',
    instead:
      'Name a folder in the root. The person who configures the client decides about the flags: `zerogpu mcp --root DIR --allow-run`.',
  },
  E_SIMULATE_INPUT: {
    why: 'The file is not YAML or JSON, a key of it has a wrong name or value, or a recording has no finished GPU call. The message names the key.',
    instead:
      '`zerogpu simulate --example` prints a workload that works; docs/simulate.md lists every key.',
  },
};
