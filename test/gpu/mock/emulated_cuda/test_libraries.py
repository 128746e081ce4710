"""Libraries that move models between devices, and what a worker does a thousand times."""

import gc
import tempfile
import threading
import unittest
from pathlib import Path

import torch
from support import DeviceTest

CALLS = 1000
# Long enough to meet, short enough for every test run: thirty seconds were run by hand.
THREAD_STEPS = 60


def make_net() -> torch.nn.Module:
    """Three layers with fixed weights."""
    torch.manual_seed(3)
    return torch.nn.Sequential(
        torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.Linear(16, 4)
    ).eval()


class Libraries(DeviceTest):
    def test_safetensors_goes_straight_to_the_device(self):
        from safetensors.torch import load_file, load_model, save_file, save_model

        tensors = {"a": torch.randn(3, 4), "b": torch.arange(5), "c": torch.randn(2).half()}
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "weights.safetensors")
            save_file({name: tensor.cuda() for name, tensor in tensors.items()}, path)
            for device in ("cuda", "cuda:0", 0):
                for name, tensor in load_file(path, device=device).items():
                    self.assert_same(tensor, tensors[name])
            net = make_net()
            save_model(net.cuda(), path)
            other = make_net().cuda()
            with torch.no_grad():
                other[0].weight.zero_()
            load_model(other, path, device="cuda")
            self.assert_same(other[0].weight, make_net()[0].weight)

    def test_accelerate_spreads_a_model_and_offloads_it(self):
        from accelerate import cpu_offload, disk_offload, dispatch_model

        x = torch.randn(2, 8)
        expected = make_net()(x)
        spread = dispatch_model(make_net(), {"0": 0, "1": 0, "2": "cpu", "3": 0}, main_device=0)
        # Results come back to where the input was.
        self.assert_same(spread(x.cuda()), expected)
        self.assert_same(cpu_offload(make_net(), torch.device("cuda", 0))(x.cuda()), expected)
        with tempfile.TemporaryDirectory() as folder:
            offloaded = disk_offload(make_net(), folder, torch.device("cuda", 0))
            self.assert_same(offloaded(x.cuda()), expected)

    def test_transformers_loads_onto_the_device_and_generates(self):
        from transformers import GPT2Config, GPT2LMHeadModel

        torch.manual_seed(1)
        ends = {"eos_token_id": 1, "bos_token_id": 1}
        config = GPT2Config(vocab_size=64, n_embd=32, n_layer=2, n_head=2, n_positions=64, **ends)
        model = GPT2LMHeadModel(config).eval()
        prompt = torch.arange(4)[None]
        expected = model.generate(prompt, max_new_tokens=6, do_sample=False, pad_token_id=0)
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            loaded = GPT2LMHeadModel.from_pretrained(folder, device_map="cuda")
        self.assertEqual(loaded.device.type, "cuda")
        answer = loaded.generate(prompt.cuda(), max_new_tokens=6, do_sample=False, pad_token_id=0)
        self.assert_same(answer, expected)

    def test_packages_with_cuda_kernels_are_as_absent_as_without_a_gpu(self):
        for name in ("flash_attn", "xformers", "bitsandbytes"):
            with self.assertRaises(ModuleNotFoundError):
                __import__(name)


class Endurance(DeviceTest):
    def test_a_worker_that_is_called_again_and_again_keeps_nothing(self):
        net = make_net().cuda()

        def call() -> None:
            with torch.inference_mode():
                net(torch.randn(16, 8, device="cuda")).cpu()

        call()
        gc.collect()
        before = torch.cuda.memory_allocated(), torch.cuda.memory_stats()["allocation.all.current"]
        for _ in range(CALLS):
            call()
        gc.collect()
        after = torch.cuda.memory_allocated(), torch.cuda.memory_stats()["allocation.all.current"]
        self.assertEqual(after, before)

    def test_eight_threads_get_their_own_answers(self):
        net = make_net().cuda()
        wrong: list[object] = []

        def work(seed: int) -> None:
            x = torch.full((4, 8), float(seed))
            with torch.inference_mode():
                expected = make_net_on_cpu(x)
                for _ in range(THREAD_STEPS):
                    answer = net(x.cuda()) + torch.zeros(4, device="cuda")
                    if not torch.allclose(answer.cpu(), expected, atol=1e-5):
                        wrong.append(seed)

        cpu_net = make_net()
        make_net_on_cpu = cpu_net.forward
        torch._C._cuda_clearCublasWorkspaces()
        before = torch.cuda.memory_allocated()
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        gc.collect()
        # Each thread had a workspace of cuBLAS, which outlives it as on a card.
        torch._C._cuda_clearCublasWorkspaces()
        self.assertEqual(torch.cuda.memory_allocated(), before)


if __name__ == "__main__":
    unittest.main()
