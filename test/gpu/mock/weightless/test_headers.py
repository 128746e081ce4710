"""Models come from files of safetensors of which only the header is read."""

import os
import tempfile
import unittest

import torch
from sparse import write_shards, write_sparse
from support import kernels, resident_bytes

from emulated_cuda.weightless.marks import is_unknown

GIB = 2**30


def write_llama(folder, layers, hidden=8192, inner=28672, vocabulary=128256):
    """A Llama of sharded files: two layers a file."""
    from transformers import LlamaConfig

    LlamaConfig(
        architectures=["LlamaForCausalLM"], vocab_size=vocabulary, hidden_size=hidden,
        intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=64,
        num_key_value_heads=8, dtype=torch.bfloat16,
    ).save_pretrained(folder)
    shards = {0: {"model.embed_tokens.weight": ("BF16", [vocabulary, hidden]),
                  "model.norm.weight": ("BF16", [hidden]),
                  "lm_head.weight": ("BF16", [vocabulary, hidden])}}
    narrow = hidden // 8
    for layer in range(layers):
        name = f"model.layers.{layer}."
        shards.setdefault(layer // 2, {}).update({
            f"{name}self_attn.q_proj.weight": ("BF16", [hidden, hidden]),
            f"{name}self_attn.k_proj.weight": ("BF16", [narrow, hidden]),
            f"{name}self_attn.v_proj.weight": ("BF16", [narrow, hidden]),
            f"{name}self_attn.o_proj.weight": ("BF16", [hidden, hidden]),
            f"{name}mlp.gate_proj.weight": ("BF16", [inner, hidden]),
            f"{name}mlp.up_proj.weight": ("BF16", [inner, hidden]),
            f"{name}mlp.down_proj.weight": ("BF16", [hidden, inner]),
            f"{name}input_layernorm.weight": ("BF16", [hidden]),
            f"{name}post_attention_layernorm.weight": ("BF16", [hidden]),
        })
    write_shards(folder, "model", list(shards.values()))


class Headers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "model.safetensors")

    def test_tensors_have_shape_and_type_and_integers_their_values(self):
        from safetensors import safe_open
        from safetensors.torch import load_file

        numbers = torch.arange(6).numpy().tobytes()
        write_sparse(
            self.path,
            {"w": ("BF16", [8192, 65536]), "scale": ("F8_E4M3", [4096]), "ids": ("I64", [2, 3]),
             "hole": ("I64", [2**16]), "quantised": ("U8", [2**22]), "none": ("F32", [0, 4])},
            {"ids": numbers},
        )
        kernels().policy.counts.clear()
        with safe_open(self.path, framework="pt", device="cpu") as file:
            self.assertEqual(file.metadata(), {"format": "pt"})
            self.assertEqual(file.get_slice("w").get_shape(), [8192, 65536])
            self.assertEqual(file.get_slice("w").get_dtype(), "BF16")
            self.assertEqual(file.get_slice("w")[:16, 8:].shape, (16, 65528))
            self.assertTrue(is_unknown(file.get_tensor("w")))
            self.assertEqual(file.get_tensor("ids").tolist(), [[0, 1, 2], [3, 4, 5]])
            self.assertEqual(file.get_tensor("none").shape, (0, 4))
        self.assertEqual(kernels().policy.counts["safetensors"], 0)
        before = torch.cuda.memory_allocated()
        loaded = load_file(self.path, device="cuda")
        self.assertEqual(loaded["w"].device.type, "cuda")
        self.assertEqual(loaded["hole"].sum().item(), 0)
        self.assertEqual(kernels().policy.counts["safetensors"], 1)
        self.assertTrue(is_unknown(loaded["quantised"]))
        self.assertGreaterEqual(torch.cuda.memory_allocated() - before, GIB)

    def test_what_is_wrong_with_a_file_is_said(self):
        from safetensors import SafetensorError, safe_open

        with self.assertRaises(FileNotFoundError):
            safe_open(os.path.join(self.folder, "none"), "pt")
        with open(self.path, "wb") as file:
            file.write(b"<html>not a model</html>")
        with self.assertRaisesRegex(SafetensorError, "no safetensors file"):
            safe_open(self.path, "pt")
        write_sparse(self.path, {"w": ("F4", [8])})
        with safe_open(self.path, "pt") as file:
            with self.assertRaisesRegex(SafetensorError, "knows no type F4"):
                file.get_tensor("w")
            with self.assertRaisesRegex(SafetensorError, "does not contain tensor x"):
                file.get_tensor("x")

    def test_a_model_of_31_billion_parameters_loads_from_sharded_files(self):
        from transformers import AutoModelForCausalLM

        write_llama(self.folder, 34)
        files = [os.path.join(self.folder, name) for name in os.listdir(self.folder)]
        size = sum(os.path.getsize(file) for file in files if file.endswith(".safetensors"))
        self.assertGreater(size, 60 * 10**9)
        self.assertLess(sum(os.stat(file).st_blocks * 512 for file in files), 2**20)
        before, base = resident_bytes(), torch.cuda.memory_allocated()
        model = AutoModelForCausalLM.from_pretrained(
            self.folder, dtype=torch.bfloat16, device_map="cuda"
        )
        self.assertEqual(model.dtype, torch.bfloat16)
        taken = torch.cuda.memory_allocated() - base
        self.assertTrue(0 <= taken - 2 * model.num_parameters() < 2**20, taken)
        ids = torch.zeros(1, 8, dtype=torch.int64, device="cuda")
        self.assertEqual(model.generate(ids, max_new_tokens=2, do_sample=False).shape, (1, 10))
        self.assertLess(resident_bytes() - before, GIB // 2)


if __name__ == "__main__":
    unittest.main()
