"""Quantised layouts: sizes are those of the real packages on the CPU, and models run without their weights.

Without bitsandbytes, torchao and gguf (test/requirements-quantised.txt) there is nothing to hold them against.
"""

import gc
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

import quantised_models as models
import torch
from support import kernels

from emulated_cuda.weightless.marks import is_unknown

KINDS = (
    *("bitsandbytes:nf4", "bitsandbytes:nf4-double", "bitsandbytes:int8", "torchao:int8", "torchao:float8"),
    *(f"gguf:{layout}" for layout in (*models.GGUF_TYPES, "llama")),
)
BLOCK_BYTES = 512
# Variables that would put a device into the process that has none.
OURS = ("ZEROGPU_EMULATED_VRAM_BYTES", "ZEROGPU_WEIGHTLESS")


def measured(parent, kinds):
    """Tensors of the real packages, from a process without a device."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    script = os.path.join(os.path.dirname(__file__), "quantised_models.py")
    result = subprocess.run(
        [sys.executable, "-B", script, parent, *kinds], env=environment, capture_output=True, text=True
    )
    if result.returncode:
        raise AssertionError(result.stderr[-3000:])
    return json.loads(result.stdout.splitlines()[-1])


def has(*packages):
    return all(importlib.util.find_spec(package) for package in packages)


class Quantised(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.parent = folder.name
        kinds = [kind for kind in KINDS if has(kind.partition(":")[0])]
        cls.real = measured(cls.parent, kinds) if kinds else {}

    def setUp(self):
        kernels().unmodelled.clear()

    def hold(self, load, real):
        """A model without weights has the real one's tensors, on the meter too, and runs."""
        gc.collect()
        before = torch.cuda.memory_allocated()
        model = load()
        tensors = models.tensors_of(model)
        self.assertEqual(tensors, real)
        taken = torch.cuda.memory_allocated() - before
        total = sum(-(-size // BLOCK_BYTES) * BLOCK_BYTES for _, size in tensors.values())
        # Where one code is shared by all weights, it is there once.
        self.assertTrue(0.99 * total <= taken <= total + 2**20, (taken, total))
        self.assertEqual(kernels().unmodelled, {})
        return model

    def say(self, model):
        """A language model says something, and its first layer gives nothing known."""
        ids = torch.zeros(1, 40, dtype=torch.int64, device="cuda")
        self.assertEqual(model.generate(ids, max_new_tokens=2, do_sample=False).shape, (1, 42))
        with torch.no_grad():
            self.assertTrue(is_unknown(model(ids).logits))
        self.assertEqual(kernels().unmodelled, {})

    @unittest.skipUnless(has("bitsandbytes"), "bitsandbytes is not installed")
    def test_bitsandbytes(self):
        for layout in ("nf4", "nf4-double", "int8"):
            with self.subTest(layout):
                folder, real = self.folder_and_tensors(f"bitsandbytes:{layout}")
                config = models.bitsandbytes_config(layout)
                self.say(self.hold(lambda: models.load_language_model(folder, "cuda", config), real))
                # The same from files that are quantised.
                packed = os.path.join(folder, "packed")
                self.say(self.hold(lambda: models.load_language_model(packed, "cuda"), real))

    @unittest.skipUnless(has("torchao"), "torchao is not installed")
    def test_torchao(self):
        for layout in ("int8", "float8"):
            with self.subTest(layout):
                folder, real = self.folder_and_tensors(f"torchao:{layout}")
                config = models.torchao_config(layout)
                self.say(self.hold(lambda: models.load_language_model(folder, "cuda", config), real))
        # PyTorch packs tiles of int4 on a GPU alone: half a byte, and two bf16 for each group of 128.
        folder, _ = self.folder_and_tensors("torchao:int8")
        model = models.load_language_model(folder, "cuda", models.torchao_config("int4"))
        weight = model.model.layers[0].mlp.up_proj.weight
        self.assertEqual(weight.qdata.numel() * 4, models.INNER * models.HIDDEN // 2)
        self.assertEqual(weight.scale_and_zero.numel() * 2, models.INNER * models.HIDDEN // 128 * 4)
        self.say(model)

    @unittest.skipUnless(has("gguf"), "gguf is not installed")
    def test_gguf_of_diffusers(self):
        for layout in models.GGUF_TYPES:
            with self.subTest(layout):
                folder, real = self.folder_and_tensors(f"gguf:{layout}")
                path = os.path.join(folder, "model.gguf")
                model = self.hold(lambda: models.load_transformer(path).to("cuda"), real)
                with torch.no_grad():
                    output = model(
                        hidden_states=torch.zeros(1, 64, 64, device="cuda", dtype=models.HALF),
                        encoder_hidden_states=torch.zeros(1, 32, 512, device="cuda", dtype=models.HALF),
                        pooled_projections=torch.zeros(1, 256, device="cuda", dtype=models.HALF),
                        timestep=torch.ones(1, device="cuda"),
                        img_ids=torch.zeros(64, 3, device="cuda"),
                        txt_ids=torch.zeros(32, 3, device="cuda"),
                        return_dict=False,
                    )[0]
                self.assertEqual(output.shape, (1, 64, 64))
                self.assertTrue(is_unknown(output))

    @unittest.skipUnless(has("gguf"), "gguf is not installed")
    def test_gguf_of_transformers(self):
        folder, real = self.folder_and_tensors("gguf:llama")
        path = os.path.join(folder, "model.gguf")
        self.say(self.hold(lambda: models.load_gguf_language_model(path, "cuda"), real))

    def folder_and_tensors(self, kind):
        """A kind's files, and the real package's tensors."""
        return models.folder_of(self.parent, kind), self.real[kind]


if __name__ == "__main__":
    unittest.main()
