#!/bin/sh
# pre-commit against a clone of this checkout: it finds and fixes in a new repository. Needs
# pre-commit and a build; pre-commit.test.ts runs it. `npx zerogpu` is this checkout here, and the published package for users.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q "$root" "$work/zerogpu"
mkdir "$work/bin" "$work/space"
printf '#!/bin/sh\nshift 2\nexec node %s/bin/zerogpu.js "$@"\n' "$root" > "$work/bin/npx"
chmod +x "$work/bin/npx"
PATH=$work/bin:$PATH
cd "$work/space"
git init -q
printf -- '---\nsdk: gradio\nsdk_version: 6.1.0\n---\n' > README.md
printf 'torch==2.3.1\n' > requirements.txt
printf 'import gradio as gr\nimport spaces\n\n\n@spaces.GPU(duration=15)\ndef run(x):\n    return x\n\n\ngr.Interface(run, "text", "text").launch()\n' > app.py
git add .
if pre-commit try-repo "$work/zerogpu" zerogpu-check; then echo 'expected findings'; exit 1; fi
if pre-commit try-repo "$work/zerogpu" zerogpu-fix; then echo 'expected a changed file'; exit 1; fi
git add .
pre-commit try-repo "$work/zerogpu" zerogpu-fix
grep -q '^torch==2.4.0$' requirements.txt
echo 'pre-commit finds, fixes and passes'
