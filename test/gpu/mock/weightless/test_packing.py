"""`spaces` packs and unpacks tensors without values, and each call of a worker leaves a record."""

import json
import os
import pickle
import tempfile
import types
import unittest
from pathlib import Path

import torch
from support import kernels

from emulated_cuda.weightless.calls import Calls, send_endings, watch_calls
from emulated_cuda.weightless.marks import is_unknown
from emulated_cuda.weightless.packing import pack_without_values
from emulated_cuda.weightless.timeline import Timeline


class Packing(unittest.TestCase):
    def test_only_tensors_with_values_are_written(self):
        written = []

        def pack_tensors(tensors, fakes, folder, callback):
            written.extend(tensors)
            return types.SimpleNamespace(total_size=sum(t.numel() * 4 for t in tensors))

        packing = types.SimpleNamespace(pack_tensors=pack_tensors, pack_to_cuda=lambda pack, callback: None)
        pack_without_values(packing, kernels())
        known, weight = torch.ones(8), torch.randn(2**16, 128)
        fake = torch.nn.Parameter(torch.zeros(0))
        told = []
        pack = packing.pack_tensors({known, weight}, {known: [], weight: [fake]}, "/nowhere", told.append)
        self.assertEqual([tensor is known for tensor in written], [True])
        self.assertEqual(pack.total_size, 32 + 2**25)
        before = torch.cuda.memory_allocated()
        packing.pack_to_cuda(pack, told.append)
        self.assertEqual(torch.cuda.memory_allocated() - before, 2**25)
        self.assertEqual((fake.shape, fake.device.type), ((2**16, 128), "cuda"))
        self.assertTrue(is_unknown(fake.data))
        self.assertEqual(told, [2**25, 2**25])


class OkResult:
    error_cls = None


class EndResult:
    pass


class ExceptionResult:
    error_cls = "OutOfMemoryError"


class Records(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.sent = []
        self.addCleanup(kernels().charges.clocks.clear)

    def records(self):
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def test_each_call_has_its_own_figures(self):
        weight = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
        calls = Calls(kernels(), self.folder, "h200")
        calls.loaded()
        queue = types.SimpleNamespace(put=self.sent.append)
        send_endings(queue, calls)
        held = weight @ weight
        queue.put(OkResult())
        int(held.sum())
        queue.put(ExceptionResult())
        first, second = self.records()
        self.assertEqual(len(self.sent), 2)
        self.assertGreaterEqual(first["weightBytes"], 2 * 4096**2)
        self.assertGreaterEqual(first["peakBytes"], first["weightBytes"] + 2 * 4096**2)
        self.assertEqual((first["error"], second["error"]), (None, "OutOfMemoryError"))
        self.assertEqual((first["size"], first["call"], second["call"]), ("large", 1, 2))
        self.assertEqual(first["madeUp"], [])
        self.assertEqual(second["madeUp"][0]["operator"], "item")
        slow, fast = first["times"]["large"]
        # 2 x 4096^3 operations at no more than 60 of 132 multiprocessors of an H200.
        self.assertGreater(fast["byKind"]["matrix products"], 2 * 4096**3 / (989e12 * 60 / 132))
        self.assertLess(slow["seconds"], 0.01)

    def test_memory_over_time_has_the_peak_and_a_call_begins_with_the_weights_alone(self):
        weight = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
        (self.folder / "snapshots").mkdir()
        calls = Calls(kernels(), self.folder, "h200")
        calls.loaded()
        self.addCleanup(kernels().peak.__setattr__, "follow", None)
        queue = types.SimpleNamespace(put=self.sent.append)
        send_endings(queue, calls)
        large = [weight @ weight for _ in range(64)]
        del large
        queue.put(OkResult())
        weight @ weight
        queue.put(OkResult())
        first, second = self.records()
        timeline = first["timeline"]
        self.assertEqual(timeline, sorted(timeline, key=lambda point: point[0]))
        self.assertEqual(max(allocated for _, allocated, _ in timeline), first["peakBytes"])
        # What the first call reserved is not part of the second's.
        self.assertGreater(first["reservedBytes"], second["reservedBytes"] + 2 * 4096**2 * 32)
        snapshots = sorted((self.folder / "snapshots").glob("*.pickle"))
        self.assertEqual(len(snapshots), 2)
        traces = [pickle.loads(path.read_bytes())["device_traces"][0] for path in snapshots]
        self.assertEqual([sum(event["action"] == "alloc" for event in trace) for trace in traces], [64, 1])

    def test_a_long_call_keeps_few_points_and_none_of_its_peaks_is_lost(self):
        timeline = Timeline(most=64)
        for number in range(10_000):
            timeline.add(number / 100, 10**9 if number == 7_777 else number, 0)
        points = timeline.points()
        self.assertLessEqual(len(points), 64)
        self.assertEqual(max(allocated for _, allocated, _ in points), 10**9)
        self.assertEqual(points, sorted(points))

    def test_a_stream_of_results_is_one_call(self):
        calls = Calls(kernels(), self.folder, "rtx-pro-6000")
        calls.loaded()
        queue = types.SimpleNamespace(put=self.sent.append)
        send_endings(queue, calls)

        def stream():
            yield

        task = stream

        def iterate():
            assert task
            queue.put(OkResult())
            queue.put(OkResult())

        iterate()
        self.assertEqual(self.records(), [])
        queue.put(EndResult())
        self.assertEqual(self.records()[0]["function"], "stream")
        (record,) = self.records()
        slow, fast = record["times"]["large"]
        # No page says how a card is halved: the two may differ.
        self.assertGreaterEqual(slow["seconds"], fast["seconds"])
        self.assertEqual(sorted(record["times"]), ["large", "xlarge"])

    def test_workers_are_watched_once_they_are_ready(self):
        os.environ["ZEROGPU_WEIGHTLESS_CALLS"] = str(self.folder)
        self.addCleanup(os.environ.pop, "ZEROGPU_WEIGHTLESS_CALLS")
        queue = types.SimpleNamespace(put=self.sent.append)
        wrappers = types.SimpleNamespace(worker_init=lambda res_queue: None)
        watch_calls(wrappers, kernels())
        wrappers.worker_init(res_queue=queue)
        queue.put(OkResult())
        self.assertEqual(len(self.records()), 1)
        failing = types.SimpleNamespace(worker_init=lambda res_queue: "an error")
        watch_calls(failing, kernels())
        self.assertEqual(failing.worker_init(res_queue=queue), "an error")


if __name__ == "__main__":
    unittest.main()
