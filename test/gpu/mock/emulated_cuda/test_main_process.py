"""The app's main process has no GPU: what `spaces` allows there works, everything else fails as on ZeroGPU.

The answers are those of `spaces` 0.51.3 on a CUDA build of PyTorch without a driver (torch 2.8.0).
"""

import io
import threading
import unittest

from attempts import attempt
from main_process import CUDA_ERROR, become_worker

import torch

NO_DRIVER = ("RuntimeError", r"Found no NVIDIA driver")
REFUSED = ("RuntimeError", r"Low-level CUDA init \(`torch\._C\._cuda_init`\) reached")
NO_RUNTIME = (CUDA_ERROR, r"CUDA error: CUDA driver version is insufficient")
NO_ALLOCATOR = ("RuntimeError", r"Invalid device argument ")


def saved():
    buffer = io.BytesIO()
    torch.save({"w": torch.ones(2)}, buffer)
    buffer.seek(0)
    return buffer


def in_thread(action):
    """Runs an action in another thread, whose exception is ours."""
    outcome = []

    def run():
        try:
            outcome.append((action(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value


class Case(unittest.TestCase):
    def assert_fails(self, expected, *actions):
        kind, words = expected
        for action in actions:
            with self.subTest(source=_source(action)):
                outcome = attempt(action)
                self.assertEqual(outcome[0], kind, outcome)
                self.assertRegex(outcome[1], words)

    def assert_answers(self, answer, *actions):
        for action in actions:
            with self.subTest(source=_source(action)):
                self.assertEqual(attempt(action), ("ok", answer))


def _source(action):
    return f"line {action.__code__.co_firstlineno}"


class BeforeSpaces(Case):
    """The tests of this class run first: `spaces` is not imported yet."""

    def test_there_is_no_device(self):
        self.assert_answers(False, lambda: torch.cuda.is_available(), lambda: torch.cuda.is_initialized())
        self.assert_answers(0, lambda: torch.cuda.device_count(), lambda: torch.cuda.memory_allocated())
        self.assert_fails(
            NO_DRIVER,
            lambda: torch.ones(1).cuda(),
            lambda: torch.ones(1, device="cuda"),
            lambda: torch.nn.Linear(2, 2).to("cuda"),
            lambda: torch.cuda.current_device(),
            lambda: torch.cuda.get_device_name(),
            lambda: torch.cuda.set_device(0),
            lambda: torch.cuda.synchronize(),
            lambda: torch.cuda.mem_get_info(),
            lambda: torch.ones(2).pin_memory(),
            lambda: torch.empty(2, pin_memory=True),
            lambda: torch.UntypedStorage(3, device="cuda"),
            lambda: torch.cuda.FloatTensor(2),
            lambda: torch.cuda.Event().record(),
        )
        self.assert_fails(
            NO_RUNTIME,
            lambda: torch.cuda.Stream(),
            lambda: torch.Generator("cuda"),
            lambda: torch.cuda.CUDAGraph(),
        )
        self.assert_fails(
            ("RuntimeError", "Attempting to deserialize object on a CUDA device"),
            lambda: torch.load(saved(), map_location="cuda"),
        )

    def test_whoever_asked_the_driver_is_too_late_for_spaces(self):
        def importing(first):
            def go():
                first()
                import spaces

            return go

        def ask():
            torch.cuda.is_available()

        def count():
            torch.cuda.device_count()

        def use():
            try:
                torch.ones(1).cuda()
            except RuntimeError:
                pass

        too_late = ("RuntimeError", "CUDA has been initialized before importing the `spaces` package")
        self.assert_fails(too_late, importing(ask), importing(count), importing(use))

        def seed():
            torch.cuda.manual_seed_all(0)

        def count_allocated():
            torch.cuda.memory_allocated()

        self.assert_answers(None, importing(seed), importing(count_allocated))


class InMain(Case):
    """After `import spaces`, in the thread that imported it."""

    @classmethod
    def setUpClass(cls):
        import spaces

    def test_what_spaces_emulates(self):
        self.assert_answers(True, lambda: torch.cuda.is_available(), lambda: torch.cuda.is_bf16_supported())
        self.assert_answers(1, lambda: torch.cuda.device_count())
        self.assert_answers(0, lambda: torch.cuda.memory_allocated(), lambda: torch.cuda.current_device())
        self.assert_answers([9, 0], lambda: list(torch.cuda.get_device_capability()))
        self.assert_answers(
            None,
            lambda: torch.cuda.empty_cache(),
            lambda: torch.cuda.synchronize(),
            lambda: torch.cuda.manual_seed_all(0),
            lambda: torch.cuda.seed(),
        )
        self.assert_answers(
            "cuda:0",
            lambda: str(torch.ones(2).cuda().device),
            lambda: str(torch.ones(2, device="cuda").device),
            lambda: str(torch.nn.Linear(2, 2).to("cuda").weight.device),
            lambda: str(torch.nn.Linear(2, 2, device="cuda")(torch.ones(1, 2).cuda()).device),
            lambda: str(torch.load(saved(), map_location="cuda")["w"].device),
        )

    def test_what_reaches_cuda_is_refused(self):
        def default_device():
            torch.set_default_device("cuda")
            torch.nn.Linear(4, 4)

        def default_type():
            torch.set_default_tensor_type(torch.cuda.FloatTensor)
            torch.ones(2)

        if torch.__version__ >= (2, 8):
            # Emulated in PyTorch 2.1 and 2.2: the modes of a thread are asked in another order there.
            self.assert_fails(REFUSED, default_device, default_type)
        self.assert_fails(
            REFUSED,
            lambda: torch.cuda.init(),
            lambda: torch.cuda.set_device(0),
            lambda: torch.cuda.current_stream(),
            lambda: torch.cuda.default_stream(),
            lambda: torch.cuda.Event(enable_timing=True).record(),
            lambda: torch.cuda.initial_seed(),
            lambda: torch.cuda.get_rng_state(),
            lambda: torch.cuda.ipc_collect(),
            lambda: torch.cuda.can_device_access_peer(0, 0),
            lambda: torch.cuda.set_per_process_memory_fraction(0.5),
            lambda: torch.random.fork_rng().__enter__(),
            lambda: torch.cuda.FloatTensor(3),
        )
        self.assert_fails(
            NO_RUNTIME,
            lambda: torch.cuda.Stream(),
            lambda: torch.cuda.Stream(device="cuda"),
            lambda: torch.Generator(device="cuda"),
            lambda: torch.cuda.CUDAGraph(),
            lambda: torch.cuda.is_current_stream_capturing(),
        )
        self.assert_fails(
            NO_ALLOCATOR,
            lambda: torch.cuda.reset_peak_memory_stats(),
            lambda: torch.cuda.reset_accumulated_memory_stats(),
        )
        self.assert_fails(
            NO_DRIVER,
            lambda: torch.ones(2).pin_memory(),
            lambda: torch.empty(2, pin_memory=True),
            lambda: next(iter(torch.utils.data.DataLoader([torch.ones(2)], pin_memory=True))),
        )

    def test_the_emulation_is_of_one_thread(self):
        weight = torch.full((2,), 3.0, device="cuda")
        net = torch.nn.Linear(2, 2).to("cuda")
        self.assert_answers(True, lambda: in_thread(lambda: torch.cuda.is_available()))
        self.assert_answers("cpu", lambda: in_thread(lambda: str(weight.device)))
        self.assert_answers([0.0, 0.0], lambda: in_thread(lambda: weight.tolist()))
        self.assert_fails(
            REFUSED,
            lambda: in_thread(lambda: torch.ones(2).to("cuda")),
            lambda: in_thread(lambda: torch.ones(2, device="cuda")),
            lambda: in_thread(lambda: torch.tensor([1], device=0)),
            lambda: in_thread(lambda: torch.nn.Linear(2, 2).to("cuda")),
            lambda: in_thread(lambda: net.to("cuda")),
            lambda: in_thread(lambda: weight.cuda()),
            lambda: in_thread(lambda: torch.load(saved(), map_location="cuda")),
            lambda: in_thread(
                lambda: torch.sparse_coo_tensor([[0], [0]], [1.0], (2, 2), device="cuda")
            ),
        )
        self.assert_fails(NO_RUNTIME, lambda: in_thread(lambda: torch.Generator("cuda")))

    def test_a_process_of_the_app_has_no_gpu_either(self):
        def child_of_child():
            return attempt(lambda: torch.cuda.init())[0]

        self.assert_answers("RuntimeError", child_of_child)


class InWorker(Case):
    """`spaces` starts CUDA in the worker, in whichever thread."""

    def test_the_device_starts_with_what_was_seeded(self):
        def draw():
            torch.cuda.manual_seed_all(7)
            become_worker()
            return torch.rand(3, device="cuda").tolist()

        first, second = attempt(draw), attempt(draw)
        self.assertEqual(first[0], "ok", first)
        self.assertEqual(first, second)

    def test_packed_tensors_arrive(self):
        weight = torch.full((3,), 2.0, device="cuda")

        def read():
            become_worker()
            return [str(weight.device), weight.sum().item(), in_thread(lambda: weight.sum().item())]

        self.assert_answers(["cuda:0", 6.0, 6.0], read)

    def test_names_taken_in_the_main_process_work_in_the_worker(self):
        from torch.cuda import Event, Stream, current_stream, max_memory_allocated, synchronize

        def use():
            become_worker()
            torch.ones(1000, device="cuda")
            event = Event(enable_timing=True)
            event.record(Stream())
            synchronize()
            return [event.query(), max_memory_allocated() > 0, str(current_stream().device)]

        self.assert_answers([True, True, "cuda:0"], use)

    def test_storages_can_be_made(self):
        def load():
            become_worker()
            return [
                str(torch.load(saved(), map_location="cuda")["w"].device),
                torch.UntypedStorage(3, device="cuda").nbytes(),
                str(torch.Generator("cuda").device),
            ]

        self.assert_answers(["cuda:0", 3, "cuda:0"], load)

    def test_a_main_process_that_asked_the_driver_spoils_its_workers(self):
        def spoilt():
            torch._C._cuda_getDeviceCount()
            return attempt(become_worker)

        self.assert_answers(
            [
                "RuntimeError",
                "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, "
                "you must use the 'spawn' start method",
            ],
            spoilt,
        )

    def test_a_process_forked_by_the_worker_cannot_use_cuda(self):
        def child():
            become_worker()
            return attempt(lambda: torch.ones(2, device="cuda"))[1][:25]

        self.assert_answers("Cannot re-initialize CUDA", child)


if __name__ == "__main__":
    unittest.main()
