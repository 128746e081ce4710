"""A standby against a start without one: the same app must do the same, and must not have to import again."""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[3] / "src/run/python"
sys.path.insert(0, str(RUNTIME))

import zerogpu_skeleton  # noqa: E402

# When each was imported, and what it found then.
PACKAGE = "import os, sys, time\nAT = time.monotonic()\nSAW_SPACES = 'spaces' in sys.modules\nMODE = os.environ.get('MODE')\n"
PACKAGES = {
    "alpha": PACKAGE + "print('alpha says this')\nimport warnings\nwarnings.warn('alpha warns of this')\nos.environ['OF_ALPHA'] = '1'\n",
    "spaces": PACKAGE,
    "beta": PACKAGE + "from . import inner\n",
    "threader": PACKAGE + "import threading\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n",
    "opener": PACKAGE + "FILE = open(__file__)\n",
    "starter": PACKAGE + "import subprocess\nCHILD = subprocess.Popen(['sleep', '99'])\n",
    "of_space": PACKAGE + "import helper\n",
}
REPORT = """
import json
def ahead(module):
    return module.AT < BEGAN
print(json.dumps({name: [ahead(m), m.SAW_SPACES, m.MODE] for name, m in sorted(sys.modules.items()) if hasattr(m, "SAW_SPACES")}))
"""
HEAD = "import os, sys, time\nBEGAN = time.monotonic()\n"


class Space:
    """A Space with packages of its own, and what it says at a start."""

    def __init__(self, app: str, **files: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="zerogpu-standby-"))
        self.notes = self.folder / "imports.jsonl"
        for name, code in PACKAGES.items():
            package = self.folder / "lib/site-packages" / name
            package.mkdir(parents=True)
            (package / "__init__.py").write_text(code)
        (self.folder / "lib/site-packages/beta/inner.py").write_text("")
        (self.folder / "space").mkdir()
        self.write(app, **files)

    def write(self, app: str, **files: str) -> None:
        for name, code in {"app": HEAD + app + REPORT, **files}.items():
            (self.folder / "space" / f"{name}.py").write_text(code)

    def start(self, standby: bool = False, meanwhile: object = None) -> tuple[list[str], list[dict[str, object]], str]:
        """Lines of stdout, what the standby said, and stderr."""
        ours, theirs = socket.socketpair()
        # The pid is known to the process alone.
        command = f"import os, sys; os.environ['ZEROGPU_APP_PID'] = str(os.getpid()); os.execv({sys.executable!r}, [{sys.executable!r}, 'app.py'])"
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{RUNTIME}:{self.folder}/lib/site-packages",
            "SPACES_ZERO_GPU": "1",
            "ZEROGPU_IMPORTS": str(self.notes),
            **({"ZEROGPU_STANDBY": str(theirs.fileno())} if standby else {}),
        }
        process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", command],
            cwd=self.folder / "space",
            env=env,
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        said: list[dict[str, object]] = []
        if standby:
            lines = ours.makefile()
            while not said or "loaded" not in said[-1]:
                said.append(json.loads(lines.readline()))
            if callable(meanwhile):
                meanwhile()
            ours.send(b"g")
        out, err = process.communicate(timeout=30)
        ours.close()
        if not standby:
            shutil.copy(self.notes, f"{self.notes}.last")
        return out.splitlines(), said, err

    def close(self) -> None:
        shutil.rmtree(self.folder)


def found_in(out: list[str]) -> dict[str, list[object]]:
    return dict(json.loads(out[-1]))


class Standby(unittest.TestCase):
    def space(self, app: str, **files: str) -> Space:
        space = Space(app, **files)
        self.addCleanup(space.close)
        return space

    def test_does_what_a_start_without_one_does_with_what_it_has_imported(self) -> None:
        app = (
            "os.environ['MODE'] = 'mine'\n"
            "print('alpha' in sys.modules, sys.argv, __name__, __file__, sys.path[0], __spec__)\n"
            "import alpha\nprint(os.environ['OF_ALPHA'], alpha.__spec__.name, alpha.__spec__.loader.path)\n"
            "import own\nimport spaces, beta.inner\nprint('ZEROGPU_IMPORTS' in os.environ)\n"
        )
        space = self.space(app, own="VALUE = 1\n")
        cold, _, cold_err = space.start()
        warm, said, warm_err = space.start(standby=True)
        self.assertEqual(said, [{"loaded": 3}])
        self.assertEqual(warm[:-1], cold[:-1])
        self.assertEqual(warm_err, cold_err)
        self.assertEqual(
            {name: values[1:] for name, values in found_in(warm).items()},
            {name: values[1:] for name, values in found_in(cold).items()},
        )
        self.assertEqual([values[0] for values in found_in(cold).values()], [False] * 3)
        self.assertEqual([values[0] for values in found_in(warm).values()], [True] * 3)
        # And again, from what the warm start has noted.
        shutil.copy(space.notes, f"{space.notes}.last")
        again, said, _ = space.start(standby=True)
        self.assertEqual((said, again), ([{"loaded": 3}], warm))

    def test_an_edit_of_a_function_keeps_it_and_one_of_the_imports_does_not(self) -> None:
        space = self.space("import spaces\ndef f():\n    return 1\n")
        space.start()
        edited = "import spaces\nTITLE = 'x'\ndef f():\n    return 2\n"
        out, _, _ = space.start(True, lambda: space.write(edited))
        self.assertTrue(found_in(out)["spaces"][0])
        reordered = "import alpha\nimport spaces\n"
        out, _, err = space.start(True, lambda: space.write(reordered))
        self.assertEqual(found_in(out), {"alpha": [False, False, None], "spaces": [False, True, None]})
        self.assertNotIn("starts again", err)

    def test_starts_again_where_the_circumstances_differ(self) -> None:
        app = "os.environ['MODE'] = open('mode').read()\nimport alpha, spaces\n"
        space = self.space(app)
        mode = space.folder / "space/mode"
        mode.write_text("one")
        space.start()
        out, _, err = space.start(True, lambda: mode.write_text("two"))
        self.assertEqual(found_in(out)["alpha"], [False, False, "two"])
        self.assertIn("alpha is imported with another MODE than", err)
        # What varies is not imported ahead at the next start.
        shutil.copy(space.notes, f"{space.notes}.last")
        out, said, err = space.start(True, lambda: mode.write_text("three"))
        self.assertEqual(found_in(out)["alpha"], [False, False, "three"])
        self.assertEqual((said, "starts again" in err), ([{"loaded": 0}], False))

    def test_starts_again_where_another_package_comes_before_spaces(self) -> None:
        app = "if open('which').read() == 'beta':\n    import beta\nimport alpha, spaces\n"
        space = self.space(app)
        which = space.folder / "space/which"
        which.write_text("none")
        space.start()
        out, _, err = space.start(True, lambda: which.write_text("beta"))
        self.assertEqual(found_in(out)["beta"], [False, False, None])
        self.assertIn("beta is imported before `spaces`, and was not", err)

    def test_leaves_out_what_does_more_than_to_load(self) -> None:
        app = "import alpha, spaces, threader, opener, starter, beta\nimport atexit\natexit.register(starter.CHILD.kill)\n"
        space = self.space(app)
        space.start()
        out, said, _ = space.start(standby=True)
        why = {str(each.get("leftOut")): str(each.get("why")) for each in said[:-1]}
        self.assertEqual(list(why), ["threader", "opener", "starter"])
        self.assertIn("a thread", why["threader"])
        self.assertIn("opens files", why["opener"])
        self.assertIn("starts a process", why["starter"])
        self.assertEqual([name for name, values in found_in(out).items() if values[0]], ["alpha", "beta", "spaces"])

    def test_spaces_is_not_imported_ahead_of_what_is_left_out(self) -> None:
        space = self.space("import alpha, threader, spaces, beta\n")
        space.start()
        out, _, _ = space.start(standby=True)
        self.assertEqual([name for name, values in found_in(out).items() if values[0]], ["alpha"])

    def test_a_package_that_imports_a_file_of_the_space_is_left_out(self) -> None:
        space = self.space("import of_space, alpha\n", helper="")
        space.start()
        out, said, _ = space.start(standby=True)
        self.assertEqual(said[0]["leftOut"], "of_space")
        self.assertEqual([found_in(out)[name][0] for name in ("alpha", "of_space")], [True, False])

    def test_nothing_is_imported_ahead_of_a_changed_package(self) -> None:
        space = self.space("import spaces\nimport alpha\nalpha.MODE = 'patched'\nimport beta\n")
        space.start()
        out, _, _ = space.start(standby=True)
        self.assertEqual([found_in(out)[name][0] for name in ("alpha", "beta", "spaces")], [True, False, True])

    def test_what_a_function_imported_once_comes_along_at_each_start(self) -> None:
        # As PyTorch does: a call before may have been made ahead, so that nothing is imported at this one.
        app = "import spaces\nif not getattr(spaces, 'called', False):\n    import alpha\nimport beta\n"
        space = self.space(app)
        space.start()
        with open(space.folder / "lib/site-packages/beta/__init__.py", "a") as file:
            file.write("import spaces\nspaces.called = True\n")
        for _ in range(3):
            out, said, err = space.start(standby=True)
            self.assertEqual((said, "starts again" in err), ([{"loaded": 3}], False))
            self.assertTrue(found_in(out)["beta"][0])
            shutil.copy(space.notes, f"{space.notes}.last")

    def test_an_import_that_fails_is_not_tried_ahead(self) -> None:
        app = "try:\n    import missing\nexcept ImportError:\n    print('none')\ntry:\n    import beta.missing\nexcept ImportError:\n    pass\nimport spaces\n"
        space = self.space(app)
        cold, _, _ = space.start()
        warm, said, _ = space.start(standby=True)
        self.assertEqual((warm[:-1], said), (cold[:-1], [{"loaded": 2}]))

    def test_ends_with_its_channel(self) -> None:
        space = self.space("import spaces\n")
        space.start()
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            os.chdir(space.folder / "space")
            os.set_inheritable(theirs.fileno(), True)
            names = {"ZEROGPU_STANDBY": str(theirs.fileno()), "ZEROGPU_APP_PID": str(os.getpid())}
            env = {"PYTHONPATH": str(RUNTIME), "SPACES_ZERO_GPU": "1", "ZEROGPU_IMPORTS": str(space.notes), **names}
            os.execve(sys.executable, [sys.executable, "-B", "app.py"], env)
        theirs.close()
        ours.close()
        self.assertEqual(os.waitpid(pid, 0)[1], 0)


class Skeletons(unittest.TestCase):
    """Which edits keep a skeleton, and from which line on packages may be changed."""

    def skeleton(self, code: str) -> zerogpu_skeleton.Skeleton:
        return zerogpu_skeleton.skeleton_of(ast.parse(code), "/nowhere")

    def test_what_decides_about_imports_is_in_it(self) -> None:
        base = "import os\nimport torch\ndef f():\n    return 1\n"
        for same in (
            "'A title.'\nimport os\nTITLE = 'x'\nimport torch\ndef f():\n    return torch.ones(2)\n",
            f"{base}MODEL = torch.nn.Linear(1, 1)\nwith open('x') as file:\n    pass\n",
            f"# a comment\n{base}class A:\n    pass\n",
        ):
            self.assertEqual(self.skeleton(same).text, self.skeleton(base).text, same)
        for other in (
            "import torch\nimport os\n",
            f"{base}import json\n",
            "import os\nos.environ['A'] = '1'\nimport torch\n",
            "import os\nimport torch\ndef f():\n    import json\n",
            "import os\ntry:\n    import torch\nexcept ImportError:\n    torch = None\n",
            f"{base}torch.load = f\n",
        ):
            self.assertNotEqual(self.skeleton(other).text, self.skeleton(base).text, other)

    def test_a_change_of_a_package_has_a_line(self) -> None:
        for code in (
            "torch.load = print",
            "torch.nn.Linear.forward = print",
            "setattr(torch, 'load', print)",
            "del torch.load",
            "sys.modules['flash_attn'] = torch",
            "sys.modules.pop('torch')",
            "def f():\n    torch.load = print",
            "with patch('torch.load', print):\n    pass",
            "torch.set_default_dtype(torch.float16)",
            "patch_all(torch)",
            "exec('1')",
            "torch.X, y = 1, 2",
        ):
            code = f"import sys, torch\nfrom unittest.mock import patch\n{code}\n"
            self.assertEqual(self.skeleton(code).change_line, 3, code)
        for code in (
            "os.environ['A'] = '1'",
            "sys.path.insert(0, 'x')",
            "torch.backends.cudnn.benchmark = True",
            "pipe = torch.nn.Linear(1, 1)\npipe.scheduler = 1",
            "class A:\n    def f(self):\n        self.x = 1",
            "torch.manual_seed(1)",
        ):
            self.assertIsNone(self.skeleton(f"import os, sys, torch\n{code}\n").change_line, code)


if __name__ == "__main__":
    unittest.main()
