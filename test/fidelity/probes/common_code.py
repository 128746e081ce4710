"""What Spaces do with tensors and modules at start-up, beyond moving them."""
# prelude: import spaces, torch

# probe: cat-mixed
torch.cat([torch.ones(1, device="cuda"), torch.ones(1)]).device

# probe: mask-index
x = torch.ones(3, device="cuda")
x[x > 0].shape

# probe: interpolate
torch.nn.functional.interpolate(torch.ones(1, 1, 2, 2, device="cuda"), scale_factor=2).device

# probe: inference-mode-sum
with torch.inference_mode():
    total = torch.ones(2, device="cuda").sum().item()
total

# probe: deepcopy-module
import copy
copy.deepcopy(torch.nn.Linear(2, 2).to("cuda")).weight.device

# probe: lazy-linear
torch.nn.LazyLinear(2).cuda().weight.device

# probe: weight-norm
torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2).cuda()).weight.device

# probe: quantize-dynamic
torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(torch.nn.Linear(2, 2)).cuda(), {torch.nn.Linear}, torch.qint8)[0].weight().device

# probe: embedding-from-pretrained
torch.nn.Embedding.from_pretrained(torch.ones(2, 2)).cuda().weight.device

# probe: data-loader-pinned
next(iter(torch.utils.data.DataLoader(torch.ones(2, 2), pin_memory=True))).is_pinned()

# probe: compile-without-call
type(torch.compile(torch.nn.Linear(2, 2).cuda())).__name__

# probe: vmap
torch.vmap(lambda row: row * 2)(torch.ones(2, 2, device="cuda")).device

# probe: buffer
net = torch.nn.Module()
net.register_buffer("table", torch.arange(3, device="cuda"))
net.table.device

# probe: parameters-count
sum(parameter.numel() for parameter in torch.nn.Linear(2, 2).to("cuda").parameters())

# probe: requires-grad
torch.nn.Linear(2, 2).to("cuda").requires_grad_(False).weight.requires_grad

# probe: state-dict-to-cpu
{key: value.cpu() for key, value in torch.nn.Linear(2, 2).to("cuda").state_dict().items()}["bias"].shape

# probe: assign-data
net = torch.nn.Linear(2, 2)
net.weight.data = net.weight.data.cuda()
net.weight.device

# probe: norm
torch.ones(4, device="cuda").norm().item()
