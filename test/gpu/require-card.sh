# For the scripts beside it: `require_card SCRIPT PYTHON MODULE…` ends with 3 and says why where there is no NVIDIA GPU,
# or where PYTHON lacks a module or a torch that is built for CUDA. Changes no setting of the card.

cannot() {
  echo "$1: $2. Nothing was tried." >&2
  exit 3
}

require_card() {
  local script=$1 python=$2
  shift 2
  command -v nvidia-smi >/dev/null ||
    cannot "$script" 'there is no nvidia-smi on PATH, so no NVIDIA GPU that could be used'
  timeout 20 nvidia-smi -L | grep '^GPU ' >/dev/null || cannot "$script" 'nvidia-smi lists no GPU'
  [ -n "$python" ] || cannot "$script" "no Python was named: $script PYTHON"
  "$python" -c 'import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]
import torch; sys.exit(torch.version.cuda is None)' "$@" ||
    cannot "$script" "$python lacks one of $*, or a torch that is built for CUDA"
}
