"""Models of the Hub: configurations and headers are fetched, weights are not. The Hub is a server of this test."""

import json
import os
import struct
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOME = tempfile.TemporaryDirectory()
os.environ["HF_HOME"] = os.path.join(HOME.name, "hf")
os.environ["XDG_CACHE_HOME"] = os.path.join(HOME.name, "cache")
os.environ["HF_HUB_DISABLE_XET"] = "1"

from test_headers import write_llama, write_sparse  # noqa: E402

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """Serves the files of one folder as those of ada/model, and counts what it sends."""

    protocol_version = "HTTP/1.1"
    folder = Path()
    sent = 0
    ignores_ranges = False

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/ada/model/tree"):
            entries = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": file.name}
                for file in self.folder.iterdir()
            ]
            return self.send(200, json.dumps(entries).encode(), with_body)
        if path.startswith("/api/models/ada/model"):
            names = [{"rfilename": name} for name in os.listdir(self.folder)]
            body = json.dumps({"id": "ada/model", "sha": COMMIT, "siblings": names, "private": False})
            return self.send(200, body.encode(), with_body)
        name = path.rpartition("/")[2]
        file = self.folder / name
        if "/resolve/" not in path or not file.exists():
            return self.send(404, b"", with_body, {"X-Error-Code": "EntryNotFound"})
        about = {"ETag": f'"{name}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        size = file.stat().st_size
        if not with_body:
            return self.send(200, None, False, {**about, "Content-Length": str(size)})
        start, end = 0, size
        asked = self.headers.get("Range")
        if asked and not self.ignores_ranges:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1, size)
            about["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        with file.open("rb") as opened:
            opened.seek(start)
            body = opened.read(min(end - start, 2**22))
        self.send(206 if asked and not self.ignores_ranges else 200, body, True, about)

    def send(self, status, body, with_body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body and body:
            type(self).sent += len(body)
            try:
                self.wfile.write(body)
            except ConnectionError:
                # Left early, as wanted.
                self.close_connection = True

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"

import torch  # noqa: E402
from support import kernels  # noqa: E402

from emulated_cuda.weightless.marks import is_unknown  # noqa: E402


def gguf_header(tokens, tensors):
    """A header as ggml's docs/gguf.md has it: a number, an array of words, and tensors."""

    def word(text):
        return struct.pack("<Q", len(text)) + text.encode()

    found = b"GGUF" + struct.pack("<IQQ", 3, tensors, 2)
    found += word("general.alignment") + struct.pack("<II", 4, 32)
    found += word("tokens") + struct.pack("<IIQ", 9, 8, tokens)
    found += b"".join(word(f"token number {index}") for index in range(tokens))
    for index in range(tensors):
        found += word(f"w{index}") + struct.pack("<IQQIQ", 2, 2**14, 2**14, 2, 0)
    return found


def disk_bytes(folder):
    """Bytes that the files below a folder take on disk."""
    return sum(path.stat().st_blocks * 512 for path in Path(folder).rglob("*") if not path.is_symlink())


class FromTheHub(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = tempfile.TemporaryDirectory()
        Hub.folder = Path(cls.files.name)
        write_llama(cls.files.name, 4)

    def test_a_model_comes_with_its_headers_alone(self):
        from transformers import AutoModelForCausalLM

        Hub.sent = 0
        size = sum(file.stat().st_size for file in Hub.folder.glob("*.safetensors"))
        self.assertGreater(size, 10**10)
        base = torch.cuda.memory_allocated()
        model = AutoModelForCausalLM.from_pretrained("ada/model", dtype=torch.bfloat16).to("cuda")
        self.assertTrue(is_unknown(model.lm_head.weight))
        self.assertGreaterEqual(torch.cuda.memory_allocated() - base, 2 * model.num_parameters())
        self.assertLess(Hub.sent, 2**21)
        self.assertLess(disk_bytes(HOME.name), 2**21)
        # Nothing in the user's own cache passes for weights.
        self.assertEqual(list(Path(os.environ["HF_HOME"]).rglob("*.safetensors")), [])
        # What was fetched once is enough without a network.
        Hub.sent = 0
        again = AutoModelForCausalLM.from_pretrained("ada/model", local_files_only=True)
        self.assertEqual(again.num_parameters(), model.num_parameters())
        self.assertEqual(Hub.sent, 0)

    def test_a_whole_repository_is_one_folder(self):
        from huggingface_hub import snapshot_download

        Hub.sent = 0
        folder = Path(snapshot_download("ada/model"))
        names = sorted(path.name for path in folder.iterdir())
        self.assertEqual(names, sorted(os.listdir(Hub.folder)))
        for name in names:
            self.assertEqual((folder / name).stat().st_size, (Hub.folder / name).stat().st_size)
        self.assertLess(Hub.sent, 2**21)

    def test_a_server_without_ranges_is_left_early(self):
        from huggingface_hub import hf_hub_download
        from safetensors import safe_open

        write_sparse(Hub.folder / "other.safetensors", {"w": ("BF16", [2**20, 64])})
        Hub.ignores_ranges = True
        try:
            path = hf_hub_download("ada/model", "other.safetensors")
        finally:
            Hub.ignores_ranges = False
        with safe_open(path, "pt") as file:
            self.assertEqual(file.get_slice("w").get_shape(), [2**20, 64])

    def test_what_describes_quantised_layers_is_fetched_as_well(self):
        from huggingface_hub import hf_hub_download
        from safetensors import safe_open

        described = b'{"quant_type": "nf4"}'
        names = [f"layer.{index}.weight" for index in range(3)]
        tensors = {}
        for name in names:
            tensors[name] = ("U8", [2**22, 1])
            tensors[f"{name}.absmax"] = ("U8", [2**13])
            tensors[f"{name}.quant_state.bitsandbytes__nf4"] = ("U8", [len(described)])
        data = {name: described for name in tensors if "__nf4" in name}
        write_sparse(Hub.folder / "four.safetensors", tensors, data)
        Hub.sent = 0
        kernels().policy.counts.clear()
        with safe_open(hf_hub_download("ada/model", "four.safetensors"), "pt") as file:
            for name in names:
                values = file.get_tensor(f"{name}.quant_state.bitsandbytes__nf4")
                self.assertEqual(bytes(values.tolist()), described)
                # Integers of eight bits that are not there are weights, and no zeros.
                self.assertTrue(is_unknown(file.get_tensor(f"{name}.absmax")))
        self.assertEqual(kernels().policy.counts["safetensors"], 0)
        self.assertLess(Hub.sent, 2**20)

    def test_of_gguf_the_header_is_fetched(self):
        from huggingface_hub import hf_hub_download

        path = Hub.folder / "model.gguf"
        header = gguf_header(tokens=40_000, tensors=3)
        with path.open("wb") as file:
            file.write(header)
            file.truncate(2**33)
        Hub.sent = 0
        found = Path(hf_hub_download("ada/model", "model.gguf"))
        self.assertEqual(found.stat().st_size, 2**33)
        with found.open("rb") as file:
            self.assertEqual(file.read(len(header)), header)
        self.assertLess(disk_bytes(found.resolve().parent), 2**22)
        self.assertLess(Hub.sent, 2**22)
        (Hub.folder / "page.gguf").write_bytes(b"<html>" * 2**19)
        with self.assertRaisesRegex(RuntimeError, "no GGUF file"):
            hf_hub_download("ada/model", "page.gguf")

    def test_what_the_user_has_is_found(self):
        from huggingface_hub import hf_hub_download

        commit = "b" * 40
        repository = Path(os.environ["HF_HOME"]) / "hub/models--ada--own"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs/main").write_text(commit)
        (repository / f"snapshots/{commit}").mkdir(parents=True)
        (repository / f"snapshots/{commit}/config.json").write_text("{}")
        path = hf_hub_download("ada/own", "config.json", local_files_only=True)
        self.assertEqual(Path(path).read_text(), "{}")
        self.assertNotIn(str(repository), path)

    def test_no_stand_in_is_left_where_it_would_pass_for_weights(self):
        from huggingface_hub import hf_hub_download

        write_sparse(Hub.folder / "third.safetensors", {"w": ("BF16", [2**20, 64])})
        with tempfile.TemporaryDirectory() as folder:
            for place in ({"cache_dir": folder}, {"local_dir": folder}):
                with self.assertRaisesRegex(RuntimeError, "puts no stand-in"):
                    hf_hub_download("ada/model", "third.safetensors", **place)
        self.assertTrue(kernels())


if __name__ == "__main__":
    unittest.main()
