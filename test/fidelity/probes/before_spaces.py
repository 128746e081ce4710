"""CUDA before `import spaces`, and what that import makes of it."""
# prelude: import torch

# probe: is-available
torch.cuda.is_available()

# probe: is-available-then-spaces
torch.cuda.is_available()
import spaces

# probe: device-count
torch.cuda.device_count()

# probe: device-count-then-spaces
torch.cuda.device_count()
import spaces

# probe: current-device
torch.cuda.current_device()

# probe: current-device-caught-then-spaces
try:
    torch.cuda.current_device()
except Exception:
    pass
import spaces

# probe: init
torch.cuda.init()

# probe: init-caught-then-spaces
try:
    torch.cuda.init()
except Exception:
    pass
import spaces

# probe: is-initialized
torch.cuda.is_initialized()

# probe: factory
torch.ones(1, device="cuda")

# probe: factory-caught-then-spaces
try:
    torch.ones(1, device="cuda")
except Exception:
    pass
import spaces

# probe: factory-index
torch.zeros(2, device=0)

# probe: tensor-cuda
torch.ones(1).cuda()

# probe: tensor-to
torch.ones(1).to("cuda")

# probe: tensor-to-caught-then-spaces
try:
    torch.ones(1).to("cuda")
except Exception:
    pass
import spaces

# probe: module-cuda
torch.nn.Linear(2, 2).cuda()

# probe: module-to
torch.nn.Linear(2, 2).to("cuda")

# probe: module-device
torch.nn.Linear(2, 2, device="cuda")

# probe: device-name
torch.cuda.get_device_name()

# probe: device-properties
torch.cuda.get_device_properties(0)

# probe: device-capability
torch.cuda.get_device_capability()

# probe: device-object-then-spaces
torch.device("cuda")
import spaces

# probe: set-device
torch.cuda.set_device(0)

# probe: empty-cache-then-spaces
torch.cuda.empty_cache()
import spaces

# probe: manual-seed-then-spaces
torch.manual_seed(0)
torch.cuda.manual_seed(0)
torch.cuda.manual_seed_all(0)
import spaces

# probe: seed-all
torch.cuda.seed_all()

# probe: get-rng-state
torch.cuda.get_rng_state()

# probe: generator
torch.Generator("cuda")

# probe: stream
torch.cuda.Stream()

# probe: event
torch.cuda.Event()

# probe: event-record
torch.cuda.Event().record()

# probe: synchronize
torch.cuda.synchronize()

# probe: memory-allocated
torch.cuda.memory_allocated()

# probe: memory-allocated-then-spaces
torch.cuda.memory_allocated()
import spaces

# probe: max-memory-allocated
torch.cuda.max_memory_allocated()

# probe: reset-peak-memory-stats
torch.cuda.reset_peak_memory_stats()

# probe: mem-get-info
torch.cuda.mem_get_info()

# probe: memory-summary
torch.cuda.memory_summary()

# probe: bf16-supported
torch.cuda.is_bf16_supported()

# probe: bf16-supported-then-spaces
torch.cuda.is_bf16_supported()
import spaces

# probe: arch-list
torch.cuda.get_arch_list()

# probe: accelerator-available
torch.accelerator.is_available()

# probe: accelerator-available-then-spaces
torch.accelerator.is_available()
import spaces

# probe: accelerator-current
str(torch.accelerator.current_accelerator())

# probe: accelerator-count
torch.accelerator.device_count()

# probe: cudnn-available-then-spaces
torch.backends.cudnn.is_available()
import spaces

# probe: cuda-built
torch.backends.cuda.is_built()

# probe: cuda-version-is-known
torch.version.cuda is not None

# probe: default-device-then-spaces
torch.set_default_device("cuda")
import spaces

# probe: default-device-factory
torch.set_default_device("cuda")
torch.ones(1)

# probe: device-context
with torch.device("cuda"):
    torch.ones(1)

# probe: cuda-device-context
with torch.cuda.device(0):
    pass

# probe: autocast
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with torch.autocast("cuda"):
        pass
len(caught) > 0

# probe: grad-scaler
torch.amp.GradScaler("cuda").is_enabled()

# probe: load-map-location
import io
file = io.BytesIO()
torch.save(torch.ones(2), file)
file.seek(0)
torch.load(file, map_location="cuda")

# probe: pin-memory
torch.ones(1).pin_memory()

# probe: legacy-constructor
torch.cuda.FloatTensor(2)

# probe: nvtx
torch.cuda.nvtx.range_push("a")
