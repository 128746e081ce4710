"""What PyTorch reports of the device's memory: reserved and allocated, workspaces, streams, history."""

import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

# As on a machine with these settings; read when CUDA starts.
os.environ.pop("PYTORCH_ALLOC_CONF", None)
os.environ.pop("PYTORCH_CUDA_ALLOC_CONF", None)
os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)

from support import VRAM_BYTES, DeviceTest

import torch
from emulated_cuda.meter import CONTEXT_BYTES

MIB = 2**20
WORKSPACE_BYTES = 32 * MIB
has_history = torch.__version__ >= (2, 2)


def set_settings(text: str) -> None:
    """By the name that the release has."""
    newer = getattr(torch._C, "_accelerator_setAllocatorSettings", None)
    (newer or torch.cuda.memory._set_allocator_settings)(text)


class Reserved(DeviceTest):
    def setUp(self) -> None:
        super().setUp()
        gc.collect()
        torch._C._cuda_clearCublasWorkspaces()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()

    def test_nothing_is_left_of_what_was_freed(self) -> None:
        kept = [torch.ones(300, 300, device="cuda") for _ in range(20)]
        kept.append(kept[0] @ kept[1])
        self.assertGreater(torch.cuda.memory_reserved(), torch.cuda.memory_allocated())
        kept.clear()
        torch._C._cuda_clearCublasWorkspaces()
        self.assertEqual(torch.cuda.memory_allocated(), 0)
        self.assertGreater(torch.cuda.memory_reserved(), 0)
        torch.cuda.empty_cache()
        self.assertEqual(torch.cuda.memory_reserved(), 0)
        self.assertGreater(torch.cuda.max_memory_reserved(), 0)
        self.assertEqual(torch.cuda.memory_snapshot(), [])

    def test_the_slice_holds_what_is_reserved_and_the_context(self) -> None:
        block = torch.empty(30 * MIB, dtype=torch.uint8, device="cuda")
        small = torch.empty(1, device="cuda")
        self.assertEqual((block.numel(), small.numel()), (30 * MIB, 1))
        self.assertEqual(torch.cuda.memory_reserved(), 32 * MIB)
        self.assertEqual(torch.cuda.mem_get_info(), (VRAM_BYTES - CONTEXT_BYTES - 32 * MIB, VRAM_BYTES))
        left = VRAM_BYTES - CONTEXT_BYTES - 32 * MIB
        with self.assertRaises(torch.cuda.OutOfMemoryError):
            torch.empty(left + 1, dtype=torch.uint8, device="cuda")
        whole = torch.empty(left // (2 * MIB) * (2 * MIB), dtype=torch.uint8, device="cuda")
        self.assertLess(torch.cuda.mem_get_info()[0], 2 * MIB)
        del whole

    def test_an_error_has_pytorchs_words_and_figures(self) -> None:
        block = torch.empty(30 * MIB, dtype=torch.uint8, device="cuda")
        rest = torch.empty(6 * MIB, dtype=torch.uint8, device="cuda")
        del rest
        with self.assertRaises(torch.cuda.OutOfMemoryError) as caught:
            torch.empty(8 * 2**30 - 1, dtype=torch.uint8, device="cuda")
        # The cached 20 MiB were returned before it failed.
        self.assertRegex(
            str(caught.exception),
            r"^CUDA out of memory\. Tried to allocate 8\.00 GiB\. GPU 0 has a total capacity of 4\.00 GiB of which "
            r"3\.68 GiB is free\. Including non-PyTorch memory, this process has 324\.69 MiB memory in use\. "
            r"Of the allocated memory 30\.00 MiB is allocated by PyTorch, and 0 bytes is reserved by PyTorch but "
            r"unallocated\. If reserved but unallocated memory is large try setting "
            r"PYTORCH_(CUDA_)?ALLOC_CONF=expandable_segments:True to avoid fragmentation\.  See documentation for "
            r"Memory Management  \(https://pytorch\.org/docs/stable/notes/cuda\.html#environment-variables\)$",
        )
        self.assertGreater(torch.cuda.memory_stats()["num_alloc_retries"], 0)
        del block

    def test_fragments_run_out_and_expandable_segments_do_not(self) -> None:
        with self.assertRaises(torch.cuda.OutOfMemoryError):
            self.fragment()
        gc.collect()
        torch.cuda.empty_cache()
        set_settings("expandable_segments:True")
        try:
            self.fragment()
            self.assertLess(torch.cuda.max_memory_allocated(), 2400 * MIB)
        finally:
            set_settings("expandable_segments:False")
            gc.collect()
            torch.cuda.empty_cache()

    @staticmethod
    def fragment() -> None:
        """A buffer that grows, and in its last place something of half its size that stays."""
        kept = []
        for step in range(15):
            torch.empty((200 + 10 * step) * MIB, dtype=torch.uint8, device="cuda")
            kept.append(torch.empty((100 + 5 * step) * MIB, dtype=torch.uint8, device="cuda"))

    def test_settings_that_are_wrong(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "max_split_size_mb too small"):
            set_settings("max_split_size_mb:1")

    def test_each_thread_has_a_cublas_workspace(self) -> None:
        x = torch.ones(8, 8, device="cuda")
        before = torch.cuda.memory_allocated()
        y = x @ x
        self.assertEqual(torch.cuda.memory_allocated() - before, WORKSPACE_BYTES + 512)
        torch.addmm(y, x, x)
        self.assertEqual(torch.cuda.memory_allocated() - before, WORKSPACE_BYTES + 512)
        for _ in range(3):
            # One after the other: they use the same handle in turn.
            thread = threading.Thread(target=lambda: torch.mm(x, x))
            thread.start()
            thread.join()
        self.assertEqual(torch.cuda.memory_allocated() - before, 2 * WORKSPACE_BYTES + 512)
        torch.cuda.empty_cache()
        self.assertEqual(torch.cuda.memory_allocated() - before, 2 * WORKSPACE_BYTES + 512)
        torch._C._cuda_clearCublasWorkspaces()
        self.assertEqual(torch.cuda.memory_allocated() - before, 512)

    def test_streams_keep_their_blocks(self) -> None:
        stream = torch.cuda.Stream()
        self.assertNotEqual(stream, torch.cuda.current_stream())
        self.assertNotEqual(stream, torch.cuda.Stream())
        with torch.cuda.stream(stream):
            self.assertEqual(torch.cuda.current_stream(), stream)
            side = torch.ones(10, device="cuda")
        self.assertEqual(torch.cuda.current_stream(), torch.cuda.default_stream())
        main = torch.ones(10, device="cuda")
        self.assertEqual(sorted(segment["stream"] != 0 for segment in torch.cuda.memory_snapshot()), [False, True])
        side.record_stream(torch.cuda.current_stream())
        del side
        self.assertEqual(torch.cuda.memory_stats()["active.all.current"], 2)
        self.assertEqual(torch.cuda.memory_stats()["allocation.all.current"], 1)
        del main
        torch.ones(10, device="cuda")
        self.assertEqual(torch.cuda.memory_stats()["active.all.current"], 0)

    def test_threads_leave_nothing_behind(self) -> None:
        def work() -> None:
            for size in range(1, 400):
                torch.ones(size * 100, device="cuda") + 1

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(torch.cuda.memory_allocated(), 0)
        torch.cuda.empty_cache()
        self.assertEqual(torch.cuda.memory_reserved(), 0)


@unittest.skipUnless(has_history, "recorded by PyTorch 2.2 and newer")
class History(DeviceTest):
    def tearDown(self) -> None:
        torch.cuda.memory._record_memory_history(enabled=None)

    def allocate_here(self) -> torch.Tensor:
        return torch.ones(1000, device="cuda")

    def test_a_trace_has_the_programs_own_lines(self) -> None:
        torch.cuda.memory._record_memory_history(max_entries=100, clear_history=True)
        tensor = self.allocate_here()
        del tensor
        with self.assertRaises(torch.cuda.OutOfMemoryError):
            torch.empty(2 * VRAM_BYTES, dtype=torch.uint8, device="cuda")
        trace = torch.cuda.memory._snapshot()["device_traces"][0]
        wanted = ("alloc", "free_requested", "free_completed", "oom")
        events = [event for event in trace if event["action"] in wanted]
        self.assertEqual([event["action"] for event in events], list(wanted))
        first = events[0]["frames"][0]
        self.assertEqual((first["name"], first["filename"]), ("allocate_here", __file__))
        self.assertEqual(first["line"], History.allocate_here.__code__.co_firstlineno + 1)
        self.assertEqual(events[0]["size"], 4000)
        self.assertEqual(events[0]["addr"], events[1]["addr"])
        self.assertGreater(events[3]["device_free"], 0)

    def test_live_blocks_know_where_they_were_made(self) -> None:
        torch.cuda.memory._record_memory_history(enabled="state", clear_history=True)
        kept = self.allocate_here()
        snapshot = torch.cuda.memory._snapshot()
        made = [
            block
            for segment in snapshot["segments"]
            for block in segment["blocks"]
            if any(frame["name"] == "allocate_here" for frame in block["frames"])
        ]
        self.assertEqual([(block["state"], block["requested_size"]) for block in made], [("active_allocated", 4000)])
        self.assertEqual(snapshot["device_traces"], [[]])
        for segment in snapshot["segments"]:
            self.assertEqual(sum(block["size"] for block in segment["blocks"]), segment["total_size"])
        del kept

    def test_the_oldest_entries_go_first(self) -> None:
        torch.cuda.memory._record_memory_history(max_entries=3, clear_history=True)
        for _ in range(5):
            self.allocate_here()
        trace = torch.cuda.memory._snapshot()["device_traces"][0]
        self.assertEqual([event["action"] for event in trace], ["alloc", "free_requested", "free_completed"])

    def test_pytorchs_own_viewer_reads_it(self) -> None:
        torch.cuda.memory._record_memory_history(clear_history=True)
        kept = [self.allocate_here() for _ in range(3)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "snapshot.pickle"
            torch.cuda.memory._dump_snapshot(str(path))
            with open(path, "rb") as file:
                self.assertIn("segments", pickle.load(file))
            command = [sys.executable, "-W", "ignore", "-m", "torch.cuda._memory_viz", "segment_plot", str(path)]
            page = Path(folder) / "page.html"
            result = subprocess.run([*command, "-o", str(page)], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("<html>", page.read_text())
        snapshot = torch.cuda.memory._snapshot()
        self.assertIn("3 entries", torch.cuda._memory_viz.trace(snapshot))
        self.assertIn("<html>", torch.cuda._memory_viz.trace_plot(snapshot))
        del kept


class Settings(unittest.TestCase):
    def test_are_read_when_cuda_starts(self) -> None:
        """In a process of its own: CUDA runs in this one."""
        program = """
import json, sys
sys.path.insert(0, sys.argv[1])
import torch, emulated_cuda
emulated_cuda.install(torch)
x = torch.ones(8, 8, device="cuda")
y = x @ x
print(json.dumps([torch.cuda.memory_allocated(), torch.cuda.memory_snapshot()[0]["is_expandable"]]))
"""
        environment = {
            **os.environ,
            "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
            "CUBLAS_WORKSPACE_CONFIG": ":4096:1",
        }
        folder = str(Path(__file__).resolve().parents[4] / "src/gpu/mock")
        output = subprocess.run(
            [sys.executable, "-c", program, folder], env=environment, capture_output=True, text=True, check=True
        )
        self.assertEqual(json.loads(output.stdout), [4 * MIB + 1024, True])


if __name__ == "__main__":
    unittest.main()
