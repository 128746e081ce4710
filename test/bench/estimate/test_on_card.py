"""The code that measures rows on a real card, on the emulated device, and what it refuses without a card."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT / "bench/estimate"
VRAM_BYTES = 2**30
os.environ["ZEROGPU_EMULATED_VRAM_BYTES"] = str(VRAM_BYTES)
sys.path[:0] = [str(ROOT / "src/gpu/mock"), str(BENCH)]

import torch

import emulated_cuda

emulated_cuda.install(torch)

import card
import models
import on_card
import rows
from run import RowFailed

TINY = {"id": "T1", "what": "a tiny decoder", "card": "H200", "run": "tiny", "prompt": 4, "tokens": 2}
TINY |= {"warm": True, "seconds": 0.5, "per": 2, "peakBytes": 2**22}
LARGE = {**TINY, "id": "T2", "what": "a large one"}
BROKEN = {**TINY, "id": "T3", "what": "a broken one", "run": "broken"}
GREEDY = {**TINY, "id": "T4", "what": "larger than its estimate", "run": "greedy"}
REAL = {"device": "real", "name": "NVIDIA H200", "capability": "9.0", "cuda": "12.8", "freeBytes": 2**37}


def tiny(row):
    from transformers import LlamaConfig

    # The embedding has enough values to be drawn on the device.
    sizes = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    return models.decoder(LlamaConfig(vocab_size=2**15, **sizes), torch.float32)


RUNS = {
    **rows.RUNS,
    "tiny": rows.Run(tiny, rows.generate),
    "greedy": rows.Run(lambda row: torch.nn.Linear(2**15, 2**15).to("cuda"), rows.generate),
}


def estimate(row, device):
    """In place of the weightless device, which needs a process of its own."""
    if row["id"] == "T5":
        raise RowFailed("ImportError: unsupported")
    large = row["id"] == "T2"
    return {"loadedBytes": 2**24, "peakBytes": 2**31 if large else 2**25, "reservedBytes": 2**25}


def in_this_process(script, arguments, environment):
    """In place of a process that measures."""
    if arguments and json.loads(arguments[0])["run"] == "broken":
        raise RowFailed("Traceback\nValueError: broken")
    printed = io.StringIO()
    with mock.patch.object(sys, "argv", [script, *arguments]), contextlib.redirect_stdout(printed):
        card.main()
    return json.loads(printed.getvalue())


def run_main(*arguments):
    """What on_card.py prints, and its exit code."""
    printed, talk = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["on_card.py", *arguments]),
        mock.patch.object(on_card, "estimate", estimate),
        mock.patch.object(on_card, "last_line_of", in_this_process),
        mock.patch.dict(rows.RUNS, RUNS),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(talk),
    ):
        try:
            on_card.main()
        except SystemExit as end:
            return printed.getvalue(), talk.getvalue(), end.code
    raise AssertionError("main ends with an exit code")


class OnTheEmulatedDevice(unittest.TestCase):
    def report(self, *measured):
        with tempfile.TemporaryDirectory() as folder:
            given, report = Path(folder) / "rows.json", Path(folder) / "report.json"
            given.write_text(json.dumps({"rows": measured}))
            options = ["--rows", str(given), "--json", str(report), "--calls", "2"]
            printed, _, code = run_main("--emulated", *options)
            return printed, json.loads(report.read_text()), code

    def test_a_row_has_the_counters_and_the_time_and_says_that_they_are_emulated(self):
        printed, report, code = self.report(TINY)
        self.assertEqual(code, 0)
        measured = report["rows"][0]["measured"]
        self.assertEqual((report["device"], measured["device"]), ("emulated", "emulated"))
        # Embedding and head have 2^15 x 64 values of 4 bytes each.
        self.assertGreater(measured["loadedBytes"], 2 * 2**15 * 64 * 4)
        self.assertGreater(measured["peakBytes"], measured["loadedBytes"])
        self.assertGreaterEqual(measured["reservedBytes"], measured["peakBytes"])
        self.assertEqual(len(measured["allSeconds"]), 2)
        self.assertTrue(printed.startswith("EMULATED: nothing below was measured on a GPU"))
        self.assertIn("| emulated | published (card) |", printed)
        self.assertNotIn("measured here", printed)
        self.assertRegex(printed, r"\| T1 \| a tiny decoder \| peak allocated \| \S+ GiB \| 0.004 GiB \(H200\) \|")
        self.assertRegex(printed, r"\| time of a call \| \S+ s \| 0.5000 s \(H200\) \|  \|  \|")

    def test_what_does_not_fit_is_named_with_the_reason_and_the_rest_goes_on(self):
        printed, report, code = self.report(LARGE, GREEDY, BROKEN, TINY)
        self.assertEqual(code, 1)
        self.assertRegex(printed, r"skipped: T2 \(a large one\): takes 2.000 GiB \(estimated\); \S+ GiB of the card")
        self.assertRegex(printed, r"skipped: T4 \(larger than its estimate\): CUDA out of memory\. Tried .* 4.00 GiB")
        self.assertIn("failed: T3 (a broken one): ValueError: broken", printed)
        self.assertIn("| T1 |", printed)
        self.assertEqual([bool(row["measured"]) for row in report["rows"]], [False, False, False, True])

    def test_a_row_without_an_estimate_is_measured_all_the_same(self):
        printed, report, code = self.report({**TINY, "id": "T5"})
        self.assertEqual(code, 1)
        self.assertIn("not estimated: T5 (a tiny decoder): ImportError: unsupported", printed)
        self.assertRegex(printed, r"\| peak allocated \| \S+ GiB \| 0.004 GiB \(H200\) \|  \|  \|")

    def test_without_the_flag_the_emulated_device_is_refused(self):
        printed, talk, code = run_main("M1")
        self.assertEqual((printed, code), ("", 3))
        self.assertIn("emulated device here, not a real card. Nothing was measured.", talk)


class Rows(unittest.TestCase):
    def test_each_row_of_the_table_has_a_run(self):
        self.assertLessEqual({row["run"] for row in on_card.measurements()}, set(rows.RUNS))

    def test_an_unknown_row_is_refused(self):
        self.assertEqual(run_main("M0")[2], 2)

    def test_a_time_is_estimated_for_a_known_card_alone(self):
        asked = []
        with mock.patch.object(on_card, "compute", lambda row, capability: asked.append((row, capability))):
            on_card.estimate(TINY, REAL)
            on_card.estimate(TINY, {**REAL, "name": "NVIDIA H200 MIG 3g.71gb"})
            on_card.estimate(TINY, {**REAL, "device": "emulated"})
        self.assertEqual(["seconds" in row for row, _ in asked], [True, False, False])
        self.assertEqual({capability for _, capability in asked}, {"9.0"})

    def test_the_rates_are_those_of_cards_that_the_clock_has(self):
        from emulated_cuda.weightless.cards import CARDS

        self.assertLessEqual(set(on_card.RATES_OF.values()), set(CARDS))

    def test_a_row_that_the_host_cannot_hold_is_skipped(self):
        estimated = {"peakBytes": 2**34, "loadedBytes": 2**33}
        self.assertIsNone(on_card.too_large(estimated, "estimated", REAL, 2**34))
        self.assertIsNone(on_card.too_large(estimated, "estimated", REAL, None))
        reason = on_card.too_large(estimated, "published", REAL, 2**32)
        self.assertIn("8.000 GiB (published); 4.000 GiB are free", reason)

    def test_a_real_card_is_not_refused_and_is_not_taken_for_the_emulated_one(self):
        self.assertIsNone(on_card.refusal(REAL, False))
        self.assertIsNotNone(on_card.refusal(REAL, True))
        self.assertEqual(on_card.refusal({"device": "none", "cuda": "12.8"}, False), "PyTorch finds no CUDA device")


class WithoutACard(unittest.TestCase):
    def test_it_ends_with_3_and_says_why(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ZEROGPU")}
        environment["CUDA_VISIBLE_DEVICES"] = ""
        command = [sys.executable, "-B", str(BENCH / "on_card.py"), "M1"]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertRegex(result.stderr, r"^test/gpu/estimate: .*\. Nothing was measured\.\n$")


if __name__ == "__main__":
    unittest.main()
