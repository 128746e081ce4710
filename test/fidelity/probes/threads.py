"""Other threads than the one that imported `spaces`: its emulation is not there."""
# prelude: import spaces, torch
# prelude: import threading
# prelude: def in_thread(function):
# prelude:     seen = []
# prelude:     def body():
# prelude:         try:
# prelude:             seen.append(function())
# prelude:         except BaseException as error:
# prelude:             seen.append(error)
# prelude:     thread = threading.Thread(target=body)
# prelude:     thread.start()
# prelude:     thread.join()
# prelude:     if isinstance(seen[0], BaseException):
# prelude:         raise seen[0]
# prelude:     return seen[0]

# probe: is-available
in_thread(torch.cuda.is_available)

# probe: device-name
in_thread(torch.cuda.get_device_name)

# probe: mem-get-info
in_thread(torch.cuda.mem_get_info)

# probe: memory-allocated
in_thread(torch.cuda.memory_allocated)

# probe: synchronize
in_thread(torch.cuda.synchronize)

# probe: current-stream
in_thread(torch.cuda.current_stream)

# probe: ones
in_thread(lambda: torch.ones(1, device="cuda"))

# probe: ones-index
in_thread(lambda: torch.ones(1, device=0))

# probe: ones-twice
def twice():
    try:
        torch.ones(1, device="cuda")
    except Exception:
        pass
    return torch.ones(1, device="cuda")
in_thread(twice)

# probe: tensor-cuda
in_thread(lambda: torch.ones(1).cuda())

# probe: tensor-to
in_thread(lambda: torch.ones(1).to("cuda"))

# probe: module-to
in_thread(lambda: torch.nn.Linear(2, 2).to("cuda"))

# probe: module-cuda
in_thread(lambda: torch.nn.Linear(2, 2).cuda())

# probe: module-device
in_thread(lambda: torch.nn.Linear(2, 2, device="cuda"))

# probe: generator
in_thread(lambda: torch.Generator("cuda"))

# probe: manual-seed
in_thread(lambda: torch.cuda.manual_seed(1))

# probe: asarray
in_thread(lambda: torch.asarray([1.0], device="cuda"))

# probe: default-device
def default():
    torch.set_default_device("cuda")
    return torch.ones(1)
in_thread(default)

# probe: context
def context():
    with torch.device("cuda"):
        return torch.ones(1)
in_thread(context)

# probe: load-map-location
import io
file = io.BytesIO()
torch.save(torch.ones(2), file)
file.seek(0)
in_thread(lambda: torch.load(file, map_location="cuda"))

# probe: safetensors-load
import tempfile
from safetensors.torch import load_file, save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(2)}, path)
in_thread(lambda: load_file(path, device="cuda"))

# probe: untyped-storage
in_thread(lambda: torch.UntypedStorage(8, device="cuda").device)

# probe: main-tensor-device
weight = torch.ones(2, device="cuda")
in_thread(lambda: weight.device)

# probe: main-tensor-sum
weight = torch.ones(2, device="cuda")
in_thread(lambda: weight.sum().item())

# probe: main-tensor-cpu
weight = torch.ones(2, device="cuda")
in_thread(lambda: weight.cpu().tolist())

# probe: main-tensor-repr
weight = torch.ones(2, device="cuda")
in_thread(lambda: repr(weight))

# probe: main-tensor-mixed
weight = torch.ones(2, device="cuda")
in_thread(lambda: (weight + torch.ones(2)).device)

# probe: main-module-forward
net = torch.nn.Linear(2, 2).cuda()
in_thread(lambda: net(torch.ones(1, 2)).abs().sum().item())

# probe: main-module-cuda-input
net = torch.nn.Linear(2, 2).cuda()
in_thread(lambda: net(torch.ones(1, 2, device="cuda")))

# probe: executor
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    result = pool.submit(lambda: torch.ones(1).cuda()).result()
result

# probe: executor-context
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
with ThreadPoolExecutor(1) as pool:
    result = pool.submit(copy_context().run, lambda: torch.ones(1, device="cuda")).result()
result

# probe: to-thread
import asyncio
asyncio.run(asyncio.to_thread(lambda: torch.ones(1).to("cuda")))

# probe: coroutine
import asyncio
async def load():
    return torch.ones(1).to("cuda").device
asyncio.run(load())

# probe: timer
seen = []
def load():
    try:
        seen.append(str(torch.ones(1, device="cuda").device))
    except Exception as error:
        seen.append(type(error).__name__)
timer = threading.Timer(0.01, load)
timer.start()
timer.join()
seen

# probe: enter-mode
from spaces.zero.torch import enter_mode
def load():
    enter_mode()
    return torch.ones(1, device="cuda").device
in_thread(load)

# probe: packed-device
from spaces.zero import torch as zero_torch
weight = torch.ones(2, device="cuda")
zero_torch.pack()
in_thread(lambda: weight.device)

# probe: packed-sum
from spaces.zero import torch as zero_torch
weight = torch.ones(2, device="cuda")
zero_torch.pack()
in_thread(lambda: weight.sum().item())

# probe: packed-forward
from spaces.zero import torch as zero_torch
net = torch.nn.Linear(2, 2).cuda()
zero_torch.pack()
in_thread(lambda: net(torch.ones(1, 2)).tolist())

# probe: packed-sum-in-main
from spaces.zero import torch as zero_torch
weight = torch.ones(2, device="cuda")
zero_torch.pack()
weight.sum()

# probe: packed-device-in-main
from spaces.zero import torch as zero_torch
weight = torch.ones(2, device="cuda")
zero_torch.pack()
weight.device

# probe: packed-repr-in-main
from spaces.zero import torch as zero_torch
weight = torch.ones(2, device="cuda")
zero_torch.pack()
repr(weight)

# probe: packed-size
from spaces.zero import torch as zero_torch
weight = torch.ones(1000, device="cuda")
(zero_torch.pack(), zero_torch.size())

# probe: process-fork
import multiprocessing
def child(queue):
    try:
        queue.put(str(torch.ones(1, device="cuda").device))
    except Exception as error:
        queue.put(f"{type(error).__name__}: {str(error).splitlines()[0]}")
context = multiprocessing.get_context("fork")
queue = context.SimpleQueue()
process = context.Process(target=child, args=(queue,))
process.start()
queue.get()
