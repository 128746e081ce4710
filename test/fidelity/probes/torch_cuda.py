"""`torch.cuda` and `torch.accelerator` in the thread that imported `spaces`."""
# prelude: import spaces, torch

# probe: is-available
torch.cuda.is_available()

# probe: device-count
torch.cuda.device_count()

# probe: current-device
torch.cuda.current_device()

# probe: is-initialized
torch.cuda.is_initialized()

# probe: init
torch.cuda.init()

# probe: lazy-init
torch.cuda._lazy_init()

# probe: device-name
torch.cuda.get_device_name()

# probe: device-name-of-a-second-card
torch.cuda.get_device_name(1)

# probe: capability
torch.cuda.get_device_capability()

# probe: properties
p = torch.cuda.get_device_properties(0)
(p.name, p.major, p.minor, p.total_memory, p.multi_processor_count)

# probe: properties-type
type(torch.cuda.get_device_properties(0)).__name__

# probe: properties-warp-size
torch.cuda.get_device_properties(0).warp_size

# probe: properties-l2-cache
torch.cuda.get_device_properties(0).L2_cache_size

# probe: set-device
torch.cuda.set_device(0)

# probe: set-device-name
torch.cuda.set_device("cuda:0")

# probe: set-device-negative
torch.cuda.set_device(-1)

# probe: device-context
with torch.cuda.device(0):
    torch.ones(1, device="cuda")

# probe: device-context-second-card
with torch.cuda.device(1):
    pass

# probe: device-of
with torch.cuda.device_of(torch.ones(1, device="cuda")):
    pass

# probe: synchronize
torch.cuda.synchronize()

# probe: stream
torch.cuda.Stream()

# probe: stream-priority
torch.cuda.Stream(priority=-1)

# probe: external-stream
torch.cuda.ExternalStream(0)

# probe: current-stream
torch.cuda.current_stream()

# probe: default-stream
torch.cuda.default_stream()

# probe: stream-context-none
with torch.cuda.stream(None):
    pass

# probe: set-stream-none
torch.cuda.set_stream(None)

# probe: event
torch.cuda.Event()

# probe: event-timing
torch.cuda.Event(enable_timing=True)

# probe: event-record
torch.cuda.Event(enable_timing=True).record()

# probe: event-query
torch.cuda.Event().query()

# probe: event-synchronize
torch.cuda.Event().synchronize()

# probe: event-elapsed
torch.cuda.Event(enable_timing=True).elapsed_time(torch.cuda.Event(enable_timing=True))

# probe: graph
torch.cuda.CUDAGraph()

# probe: graph-capture
with torch.cuda.graph(torch.cuda.CUDAGraph()):
    pass

# probe: graph-pool
torch.cuda.graph_pool_handle()

# probe: is-capturing
torch.cuda.is_current_stream_capturing()

# probe: mem-pool
torch.cuda.MemPool()

# probe: empty-cache
torch.cuda.empty_cache()

# probe: ipc-collect
torch.cuda.ipc_collect()

# probe: mem-get-info
torch.cuda.mem_get_info()

# probe: mem-get-info-device
torch.cuda.mem_get_info("cuda:0")

# probe: memory-allocated
torch.ones(1000, device="cuda")
torch.cuda.memory_allocated()

# probe: max-memory-allocated
torch.cuda.max_memory_allocated()

# probe: memory-reserved
torch.cuda.memory_reserved()

# probe: max-memory-reserved
torch.cuda.max_memory_reserved()

# probe: memory-stats
torch.cuda.memory_stats()["allocated_bytes.all.current"]

# probe: memory-stats-size
len(torch.cuda.memory_stats()) > 50

# probe: memory-summary
torch.cuda.memory_summary()

# probe: memory-snapshot
torch.cuda.memory_snapshot()

# probe: record-memory-history
torch.cuda.memory._record_memory_history()

# probe: reset-peak-memory-stats
torch.cuda.reset_peak_memory_stats()

# probe: reset-max-memory-allocated
torch.cuda.reset_max_memory_allocated()

# probe: reset-accumulated-memory-stats
torch.cuda.reset_accumulated_memory_stats()

# probe: memory-fraction
torch.cuda.set_per_process_memory_fraction(0.5)

# probe: memory-usage
torch.cuda.memory_usage()

# probe: allocator-backend
torch.cuda.get_allocator_backend()

# probe: caching-allocator-alloc
torch.cuda.caching_allocator_alloc(1024)

# probe: host-memory-stats
torch.cuda.host_memory_stats()

# probe: manual-seed
torch.cuda.manual_seed(7)

# probe: manual-seed-all
torch.cuda.manual_seed_all(7)

# probe: seed
torch.cuda.seed()

# probe: seed-all
torch.cuda.seed_all()

# probe: initial-seed
torch.cuda.initial_seed()

# probe: get-rng-state
torch.cuda.get_rng_state()

# probe: get-rng-state-all
torch.cuda.get_rng_state_all()

# probe: set-rng-state
torch.cuda.set_rng_state(torch.zeros(16, dtype=torch.uint8))

# probe: fork-rng
with torch.random.fork_rng():
    pass

# probe: default-generators
len(torch.cuda.default_generators)

# probe: bf16
torch.cuda.is_bf16_supported()

# probe: bf16-without-emulation
torch.cuda.is_bf16_supported(including_emulation=False)

# probe: tf32
torch.cuda.is_tf32_supported()

# probe: arch-list
torch.cuda.get_arch_list()

# probe: gencode-flags
torch.cuda.get_gencode_flags()

# probe: peer-access
torch.cuda.can_device_access_peer(0, 0)

# probe: utilization
torch.cuda.utilization()

# probe: temperature
torch.cuda.temperature()

# probe: power-draw
torch.cuda.power_draw()

# probe: clock-rate
torch.cuda.clock_rate()

# probe: list-gpu-processes
torch.cuda.list_gpu_processes()

# probe: device-memory-used
torch.cuda.device_memory_used()

# probe: cudart
torch.cuda.cudart().cudaMemGetInfo(0)

# probe: cudart-other
torch.cuda.cudart().cudaProfilerStart()

# probe: profiler-start
torch.cuda.profiler.start()

# probe: check-error
torch.cuda.check_error(0)

# probe: blas-handle
torch.cuda.current_blas_handle()

# probe: sync-debug-mode
torch.cuda.get_sync_debug_mode()

# probe: set-sync-debug-mode
torch.cuda.set_sync_debug_mode("warn")

# probe: nvtx
torch.cuda.nvtx.range_push("a")

# probe: nvtx-range
with torch.cuda.nvtx.range("a"):
    pass

# probe: low-level-init
torch._C._cuda_init()

# probe: low-level-device-count
torch._C._cuda_getDeviceCount()

# probe: low-level-device
torch._C._cuda_getDevice()

# probe: low-level-set-device
torch._C._cuda_setDevice(0)

# probe: in-bad-fork
torch.cuda._is_in_bad_fork()

# probe: is-compiled
torch.cuda._is_compiled()

# probe: accelerator-available
torch.accelerator.is_available()

# probe: accelerator-count
torch.accelerator.device_count()

# probe: accelerator-current
torch.accelerator.current_accelerator()

# probe: accelerator-index
torch.accelerator.current_device_index()

# probe: accelerator-set-index
torch.accelerator.set_device_index(0)

# probe: accelerator-synchronize
torch.accelerator.synchronize()

# probe: accelerator-stream
torch.accelerator.current_stream()

# probe: accelerator-empty-cache
torch.accelerator.empty_cache()

# probe: accelerator-memory-allocated
torch.accelerator.memory_allocated()

# probe: accelerator-memory-stats
torch.accelerator.memory_stats()

# probe: accelerator-reset-peak
torch.accelerator.reset_peak_memory_stats()

# probe: accelerator-context
with torch.accelerator.device_index(0):
    pass

# probe: accelerator-check-available
torch.accelerator.current_accelerator(check_available=True)

# probe: generic-stream
torch.Stream("cuda")

# probe: generic-event
torch.Event("cuda")

# probe: get-device-module
torch.get_device_module("cuda").__name__

# probe: device-module-default
torch.get_device_module().__name__

# probe: cudnn-available
torch.backends.cudnn.is_available()

# probe: cudnn-version
torch.backends.cudnn.version() > 90000

# probe: cudnn-benchmark
torch.backends.cudnn.benchmark = True

# probe: cudnn-enabled
torch.backends.cudnn.enabled

# probe: matmul-tf32
torch.backends.cuda.matmul.allow_tf32 = True

# probe: matmul-precision
torch.set_float32_matmul_precision("high")

# probe: flash-sdp
torch.backends.cuda.enable_flash_sdp(True)
torch.backends.cuda.flash_sdp_enabled()

# probe: flash-available
torch.backends.cuda.is_flash_attention_available()

# probe: preferred-linalg
torch.backends.cuda.preferred_linalg_library("cusolver")

# probe: fft-plan-cache
torch.backends.cuda.cufft_plan_cache[0].max_size

# probe: cuda-built
torch.backends.cuda.is_built()

# probe: cuda-version-is-known
torch.version.cuda is not None

# probe: nccl-available
torch.distributed.is_nccl_available()

# probe: nccl-version
torch.cuda.nccl.version()
