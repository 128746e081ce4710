"""What tensors do on the emulated device."""

import copy
import gc
import io
import pickle
import sys
import unittest

import torch
from support import VRAM_BYTES, DeviceTest
from emulated_cuda.meter import CONTEXT_BYTES


class Tensors(DeviceTest):
    def test_factories_take_every_way_to_name_the_device(self):
        for device in ("cuda", "cuda:0", 0, torch.device("cuda"), torch.device("cuda", 0)):
            self.assertEqual(str(torch.zeros(2, device=device).device), "cuda:0")
        with torch.device("cuda"):
            self.assertEqual(torch.ones(2).device.type, "cuda")
        torch.set_default_device("cuda")
        try:
            self.assertEqual(torch.ones(2).device.type, "cuda")
        finally:
            torch.set_default_device(None)

    def test_nothing_of_the_weightless_device_is_loaded(self):
        self.assertEqual([name for name in sys.modules if "weightless" in name], [])

    def test_a_second_card_is_not_there(self):
        with self.assertRaisesRegex(RuntimeError, "invalid device ordinal"):
            torch.zeros(2, device="cuda:1")

    def test_numpy_needs_the_cpu(self):
        with self.assertRaisesRegex(TypeError, "can't convert cuda:0 device type tensor to numpy"):
            torch.ones(2, device="cuda").numpy()
        self.assertEqual(torch.ones(2, device="cuda").cpu().numpy().tolist(), [1.0, 1.0])

    def test_devices_do_not_mix(self):
        with self.assertRaisesRegex(RuntimeError, "(?i)expected all tensors to be on the same device"):
            torch.ones(2, device="cuda") + torch.ones(2)
        # A CPU scalar may, as with CUDA.
        self.assert_same(torch.ones(2, device="cuda") + torch.tensor(1.0), torch.full((2,), 2.0))

    def test_same_numbers_as_on_the_cpu(self):
        x = torch.randn(6, 6)
        y = x.cuda()
        operations = {
            "matmul": lambda t: t @ t,
            "linear": lambda t: torch.nn.functional.linear(t, t, t[0]),
            "softmax": lambda t: t.softmax(-1),
            "sort": lambda t: t.sort(dim=1).values,
            "boolean mask": lambda t: t[t > 0],
            "nonzero": lambda t: (t > 0).nonzero(),
            "topk": lambda t: t.topk(2).values,
            "unique": lambda t: t.unique(),
            "svd": lambda t: torch.linalg.svd(t).S,
            "fft": lambda t: torch.fft.fft(t),
            "einsum": lambda t: torch.einsum("ij,jk->ik", t, t),
            "index": lambda t: t[[0, 2], 1:],
            "scatter": lambda t: torch.zeros_like(t).scatter_(1, t.argsort(1), t),
            "view and contiguous": lambda t: t.t().contiguous().view(-1),
            "cat": lambda t: torch.cat([t, t], 1),
            "half": lambda t: t.half() * 2,
            "bfloat16": lambda t: (t.bfloat16() @ t.bfloat16()),
            "attention": lambda t: torch.nn.functional.scaled_dot_product_attention(
                t[None, None], t[None, None], t[None, None], is_causal=True
            ),
        }
        if hasattr(torch.nn.functional, "rms_norm"):
            operations["norm"] = lambda t: torch.nn.functional.rms_norm(t, (6,), t[0])
        for name, operation in operations.items():
            with self.subTest(name):
                self.assert_same(operation(y), operation(x))

    def test_writes_go_where_they_are_told(self):
        x = torch.ones(3, device="cuda")
        view = x[1:]
        view.add_(1)
        self.assertEqual(x.tolist(), [1, 2, 2])
        out = torch.empty(0, device="cuda")
        torch.add(x, x, out=out)
        self.assertEqual(out.tolist(), [2, 4, 4])
        self.assertEqual(tuple(out.resize_(2, 3).shape), (2, 3))
        host = torch.zeros(3)
        host.copy_(x)
        self.assertEqual(host.tolist(), [1, 2, 2])

    def test_shapes_change_in_place(self):
        for change in (
            lambda t: t.t_(),
            lambda t: t.transpose_(0, 1),
            lambda t: t.unsqueeze_(0),
            lambda t: t.unsqueeze_(1).squeeze_(),
            lambda t: t.swapaxes_(0, 1),
            lambda t: t.as_strided_((2,), (1,)),
            lambda t: t.resize_(4, 4).zero_(),
            lambda t: t.set_(t[1:]),
        ):
            here, there = (torch.arange(6.0, device=device).reshape(2, 3) for device in ("cuda", "cpu"))
            change(here)
            change(there)
            self.assertEqual((here.shape, here.stride()), (there.shape, there.stride()))
            self.assert_same(here + 0, there + 0)
            self.assert_same(here.mul_(2), there.mul_(2))

    def test_numbers_take_part_as_on_the_cpu(self):
        for dtype in (torch.int8, torch.int64, torch.float16, torch.float32, torch.bool):
            x = torch.ones(2, dtype=dtype)
            for operation in (
                lambda t: t + 1,
                lambda t: t * 2.5,
                lambda t: 3 - t.float(),
                lambda t: torch.remainder(t.float(), 2),
                lambda t: torch.remainder(5, t.long()),
                lambda t: torch.where(t > 0, t, 0.0),
                lambda t: torch.maximum(t, torch.tensor(3, dtype=dtype)),
            ):
                self.assert_same(operation(x.cuda()), operation(x))

    def test_moving_to_where_it_is_copies_nothing(self):
        x = torch.ones(2, device="cuda")
        self.assertIs(x.to("cuda"), x)
        self.assertEqual(x.to("cpu", torch.float16).dtype, torch.float16)

    def test_save_and_load(self):
        module = torch.nn.Linear(4, 4).cuda()
        file = io.BytesIO()
        torch.save(module.state_dict(), file)
        for location, expected in (("cuda", "cuda"), ("cpu", "cpu"), (None, "cuda")):
            file.seek(0)
            loaded = torch.load(file, map_location=location)["weight"]
            self.assertEqual(loaded.device.type, expected)
            torch.testing.assert_close(loaded.cpu(), module.weight.detach().cpu())
        self.assertEqual(copy.deepcopy(module).weight.device.type, "cuda")


    def test_pickle(self):
        x = torch.randn(3, 4, device="cuda")
        self.assert_same(pickle.loads(pickle.dumps(x)), x.cpu())
        self.assert_same(copy.deepcopy(x.t()), x.cpu().t())

    def test_sparse_tensors_are_refused_in_words(self):
        with self.assertRaisesRegex(NotImplementedError, "dense tensors alone"):
            torch.eye(3, device="cuda").to_sparse()


class Memory(DeviceTest):
    def test_counts_storages_once_and_views_not_at_all(self):
        gc.collect()
        before = torch.cuda.memory_allocated()
        x = torch.ones(1024, 1024, device="cuda")
        self.assertEqual(torch.cuda.memory_allocated() - before, 4 * 2**20)
        views = [x.view(-1), x[1:], x.t()]
        self.assertEqual(torch.cuda.memory_allocated() - before, 4 * 2**20)
        del x
        self.assertEqual(torch.cuda.memory_allocated() - before, 4 * 2**20)
        del views
        gc.collect()
        self.assertEqual(torch.cuda.memory_allocated(), before)

    def test_memory_outlives_a_collection(self):
        gc.collect()
        before = torch.cuda.memory_allocated()
        x = torch.arange(16.0, device="cuda")
        for _ in range(3):
            cycle = [x.untyped_storage()]
            cycle.append(cycle)
            del cycle
            gc.collect()
            self.assertEqual(torch.cuda.memory_allocated(), before + 512)
            self.assert_same(x + 0, torch.arange(16.0))
        del x
        self.assertEqual(torch.cuda.memory_allocated(), before)

    def test_remembers_its_peak(self):
        torch.cuda.reset_peak_memory_stats()
        base = torch.cuda.memory_allocated()
        torch.empty(8 * 2**20, dtype=torch.uint8, device="cuda")
        self.assertEqual(torch.cuda.max_memory_allocated(), base + 8 * 2**20)
        free, total = torch.cuda.mem_get_info()
        self.assertEqual(total, VRAM_BYTES)
        self.assertLessEqual(free, total - torch.cuda.memory_allocated())

    def test_runs_out_in_cudas_words(self):
        with self.assertRaisesRegex(
            torch.cuda.OutOfMemoryError, r"CUDA out of memory\. Tried to allocate 8\.00 GiB\. GPU 0 has"
        ):
            torch.empty(8 * 2**30, dtype=torch.uint8, device="cuda")
        # The failed one left nothing behind.
        block = torch.empty(VRAM_BYTES // 2, dtype=torch.uint8, device="cuda")
        self.assertEqual(block.numel(), VRAM_BYTES // 2)


    def test_every_counter_tells_the_same(self):
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.reset_accumulated_memory_stats()
        block = torch.empty(3 * 2**20, dtype=torch.uint8, device="cuda")
        now = torch.cuda.memory_allocated()
        stats = torch.cuda.memory_stats()
        self.assertEqual(stats["allocated_bytes.all.current"], now)
        self.assertEqual(stats["allocated_bytes.all.peak"], torch.cuda.max_memory_allocated())
        if hasattr(getattr(torch, "accelerator", None), "memory_allocated"):
            self.assertEqual(torch.accelerator.memory_allocated(), now)
        reserved = torch.cuda.memory_reserved()
        self.assertEqual(torch.cuda.mem_get_info()[0], VRAM_BYTES - CONTEXT_BYTES - reserved)
        self.assertIn("CUDA OOMs: 0", torch.cuda.memory_summary())
        with self.assertRaises(torch.cuda.OutOfMemoryError):
            torch.empty(2 * VRAM_BYTES, dtype=torch.uint8, device="cuda")
        del block
        self.assertEqual(torch.cuda.memory_allocated(), now - 3 * 2**20)
        self.assertGreaterEqual(torch.cuda.memory_stats()["allocated_bytes.all.freed"], 3 * 2**20)

    @unittest.skipIf(torch.__version__ < (2, 2), "storages have no lasting object in PyTorch 2.1")
    def test_a_storage_is_resized_under_its_tensors(self):
        before = torch.cuda.memory_allocated()
        weight = torch.nn.Parameter(torch.arange(1024.0, device="cuda"))
        view = weight.detach()[1:3]
        full = torch.cuda.memory_allocated()
        storage = weight.untyped_storage()
        size_bytes = storage.nbytes()
        storage.resize_(0)
        self.assertEqual(torch.cuda.memory_allocated(), before)
        with self.assertRaises(RuntimeError):
            weight.detach().sum()
        storage.resize_(size_bytes)
        self.assertEqual(torch.cuda.memory_allocated(), full)
        weight.data.copy_(torch.arange(1024.0))
        self.assertEqual(view.tolist(), [1.0, 2.0])
        storage.resize_(2 * size_bytes)
        self.assertEqual(weight.sum().item(), 1023 * 512)
        weight._typed_storage()._resize_(0)
        self.assertEqual(weight.untyped_storage().nbytes(), 0)
        with self.assertRaises(torch.cuda.OutOfMemoryError):
            storage.resize_(2 * VRAM_BYTES)

    def test_a_share_of_the_card(self):
        try:
            torch.cuda.set_per_process_memory_fraction(0.25)
            with self.assertRaises(torch.cuda.OutOfMemoryError):
                torch.empty(VRAM_BYTES // 2, dtype=torch.uint8, device="cuda")
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)


if __name__ == "__main__":
    unittest.main()
