"""Tensors, modules, contexts and files in the thread that imported `spaces`."""
# prelude: import spaces, torch

# probe: ones
torch.ones(2, device="cuda").device

# probe: zeros-index
torch.zeros(2, device=0).device

# probe: empty-device-object
torch.empty(2, device=torch.device("cuda", 0)).device

# probe: full-second-card
torch.full((2,), 1.0, device="cuda:1").device

# probe: tensor
torch.tensor([1.0, 2.0], device="cuda").device

# probe: as-tensor
torch.as_tensor([1.0], device="cuda").device

# probe: asarray
torch.asarray([1.0], device="cuda").device

# probe: from-numpy
import numpy
torch.from_numpy(numpy.ones(2)).cuda().device

# probe: arange
torch.arange(3, device="cuda").sum().item()

# probe: randn
torch.randn(2, device="cuda").device

# probe: randn-cpu-generator
torch.randn(2, device="cuda", generator=torch.Generator().manual_seed(0))

# probe: randn-cuda-generator
torch.randn(2, device="cuda", generator=torch.Generator("cuda").manual_seed(0))

# probe: generator
torch.Generator("cuda")

# probe: generator-device-object
torch.Generator(device=torch.device("cuda"))

# probe: ones-like
torch.ones_like(torch.ones(2, device="cuda")).device

# probe: new-zeros
torch.ones(2, device="cuda").new_zeros(3).device

# probe: pinned
torch.ones(2, pin_memory=True)

# probe: pin-memory
torch.ones(2).pin_memory()

# probe: is-pinned
torch.ones(2).is_pinned()

# probe: legacy-constructor
torch.cuda.FloatTensor(2)

# probe: legacy-default-type
torch.set_default_tensor_type("torch.cuda.FloatTensor")
torch.ones(1)

# probe: sparse
torch.sparse_coo_tensor([[0]], [1.0], (2,), device="cuda")

# probe: cuda
torch.ones(2).cuda().device

# probe: cuda-index
torch.ones(2).cuda(0).device

# probe: cuda-second-card
torch.ones(2).cuda(1).device

# probe: cuda-non-blocking
torch.ones(2).cuda(non_blocking=True).device

# probe: to
torch.ones(2).to("cuda").device

# probe: to-index
torch.ones(2).to(0).device

# probe: to-dtype
torch.ones(2).to("cuda", torch.float16).dtype

# probe: to-other
torch.ones(2).to(torch.ones(1, device="cuda")).device

# probe: to-second-card
torch.ones(2).to("cuda:1").device

# probe: cpu
torch.ones(2, device="cuda").cpu().device

# probe: is-cuda
torch.ones(2, device="cuda").is_cuda

# probe: get-device
torch.ones(2, device="cuda").get_device()

# probe: type
torch.ones(2, device="cuda").type()

# probe: repr
repr(torch.ones(2, device="cuda"))

# probe: add
(torch.ones(2, device="cuda") + 1).sum().item()

# probe: matmul
(torch.ones(2, 2, device="cuda") @ torch.ones(2, 2, device="cuda")).device

# probe: mixed-devices
torch.ones(2, device="cuda") + torch.ones(2)

# probe: copy-from-cpu
torch.zeros(2, device="cuda").copy_(torch.ones(2)).sum().item()

# probe: copy-to-cpu
torch.zeros(2).copy_(torch.ones(2, device="cuda")).sum().item()

# probe: numpy
torch.ones(2, device="cuda").numpy()

# probe: tolist
torch.ones(2, device="cuda").tolist()

# probe: item
torch.ones(1, device="cuda").item()

# probe: bool
bool(torch.ones(1, device="cuda"))

# probe: indexing
torch.arange(4, device="cuda")[torch.tensor([0, 1])].device

# probe: data-ptr
torch.ones(2, device="cuda").data_ptr() == 0

# probe: storage-device
torch.ones(2, device="cuda").untyped_storage().device

# probe: untyped-storage
torch.UntypedStorage(8, device="cuda").device

# probe: deepcopy
import copy
copy.deepcopy(torch.ones(2, device="cuda")).device

# probe: save
import io
torch.save(torch.ones(2, device="cuda"), io.BytesIO())

# probe: save-then-load
import io
file = io.BytesIO()
torch.save(torch.ones(2, device="cuda"), file)
file.seek(0)
torch.load(file).device

# probe: pickle
import pickle
pickle.loads(pickle.dumps(torch.ones(2, device="cuda"))).device

# probe: share-memory
torch.ones(2, device="cuda").share_memory_()

# probe: record-stream
torch.ones(2, device="cuda").record_stream(None)

# probe: dlpack
torch.utils.dlpack.to_dlpack(torch.ones(2, device="cuda"))

# probe: backward
weight = torch.ones(2, device="cuda", requires_grad=True)
(weight * 2).sum().backward()
weight.grad.device

# probe: module-cuda
next(torch.nn.Linear(2, 2).cuda().parameters()).device

# probe: module-to
next(torch.nn.Linear(2, 2).to("cuda").parameters()).device

# probe: module-to-index
next(torch.nn.Linear(2, 2).to(0).parameters()).device

# probe: module-to-second-card
next(torch.nn.Linear(2, 2).to("cuda:1").parameters()).device

# probe: module-device
next(torch.nn.Linear(2, 2, device="cuda").parameters()).device

# probe: module-half
next(torch.nn.Linear(2, 2).half().cuda().parameters()).dtype

# probe: module-forward
torch.nn.Linear(2, 2).cuda()(torch.ones(1, 2, device="cuda")).device

# probe: module-forward-mixed
torch.nn.Linear(2, 2).cuda()(torch.ones(1, 2))

# probe: module-conv
torch.nn.Conv2d(1, 1, 3).cuda()(torch.ones(1, 1, 4, 4, device="cuda")).device

# probe: module-lstm
torch.nn.LSTM(2, 2).cuda()(torch.ones(1, 1, 2, device="cuda"))[0].device

# probe: module-to-empty
next(torch.nn.Linear(2, 2, device="meta").to_empty(device="cuda").parameters()).device

# probe: module-meta-to
torch.nn.Linear(2, 2, device="meta").to("cuda")

# probe: module-state-dict
torch.nn.Linear(2, 2).cuda().state_dict()["weight"].device

# probe: module-load-state-dict
net = torch.nn.Linear(2, 2).cuda()
str(net.load_state_dict(torch.nn.Linear(2, 2).state_dict()))

# probe: module-data-parallel
torch.nn.DataParallel(torch.nn.Linear(2, 2))

# probe: module-optimizer
net = torch.nn.Linear(2, 2).cuda()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net(torch.ones(1, 2, device="cuda")).sum().backward()
optimizer.step()

# probe: jit-script
torch.jit.script(torch.nn.Linear(2, 2).cuda())

# probe: attention
query = torch.ones(1, 1, 2, 8, device="cuda")
torch.nn.functional.scaled_dot_product_attention(query, query, query).device

# probe: attention-kernel
from torch.nn.attention import SDPBackend, sdpa_kernel
query = torch.ones(1, 1, 2, 8, device="cuda", dtype=torch.float16)
with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
    torch.nn.functional.scaled_dot_product_attention(query, query, query)

# probe: context-factory
with torch.device("cuda"):
    tensor = torch.ones(1)
tensor.device

# probe: context-module
with torch.device("cuda"):
    torch.nn.Linear(2, 2)

# probe: context-embedding
with torch.device("cuda"):
    torch.nn.Embedding(4, 2)

# probe: default-device
torch.set_default_device("cuda")

# probe: default-device-factory
torch.set_default_device("cuda")
torch.ones(1).device

# probe: default-device-module
torch.set_default_device("cuda")
torch.nn.Linear(2, 2)

# probe: default-device-randn
torch.set_default_device("cuda")
torch.randn(1)

# probe: autocast
with torch.autocast("cuda", dtype=torch.float16):
    result = torch.nn.Linear(2, 2).cuda()(torch.ones(1, 2, device="cuda"))
result.device

# probe: autocast-legacy
with torch.cuda.amp.autocast():
    pass

# probe: grad-scaler
torch.amp.GradScaler("cuda").scale(torch.ones(1, device="cuda"))

# probe: load-map-location
import io
file = io.BytesIO()
torch.save(torch.ones(2), file)
file.seek(0)
torch.load(file, map_location="cuda").device

# probe: load-map-location-device
import io
file = io.BytesIO()
torch.save({"a": torch.ones(2)}, file)
file.seek(0)
torch.load(file, map_location=torch.device("cuda:0"), weights_only=True)["a"].device

# probe: load-map-location-dict
import io
file = io.BytesIO()
torch.save(torch.ones(2), file)
file.seek(0)
torch.load(file, map_location={"cpu": "cuda"}).device

# probe: load-mmap
import tempfile
path = tempfile.mktemp()
torch.save(torch.ones(2), path)
torch.load(path, map_location="cuda", mmap=True).device

# probe: load-default-device
import io
file = io.BytesIO()
torch.save(torch.ones(2), file)
file.seek(0)
with torch.device("cuda"):
    loaded = torch.load(file)
loaded.device

# probe: safetensors-load
import tempfile
from safetensors.torch import load_file, save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(2)}, path)
load_file(path, device="cuda")["a"].device

# probe: safetensors-load-index
import tempfile
from safetensors.torch import load_file, save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(2)}, path)
load_file(path, device=0)["a"].device

# probe: safetensors-open
import tempfile
from safetensors import safe_open
from safetensors.torch import save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(2)}, path)
with safe_open(path, framework="pt", device="cuda") as file:
    tensor = file.get_tensor("a")
tensor.device

# probe: safetensors-open-index
import tempfile
from safetensors import safe_open
from safetensors.torch import save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(2)}, path)
with safe_open(path, framework="pt", device=0) as file:
    tensor = file.get_tensor("a")
tensor.device

# probe: safetensors-slice
import tempfile
from safetensors import safe_open
from safetensors.torch import save_file
path = tempfile.mktemp()
save_file({"a": torch.ones(4)}, path)
with safe_open(path, framework="pt", device="cuda") as file:
    tensor = file.get_slice("a")[:2]
tensor.device

# probe: safetensors-save-cuda
import tempfile
from safetensors.torch import save_file
save_file({"a": torch.ones(2, device="cuda")}, tempfile.mktemp())

# probe: device-with-index
torch.device(0)

# probe: device-isinstance
isinstance(torch.ones(1, device="cuda").device, torch.device)
