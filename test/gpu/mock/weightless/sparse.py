"""Files of safetensors that hold no weights: a header, and a hole of the right size."""

import json
import os

SIZES = {"BF16": 2, "F16": 2, "F32": 4, "I64": 8, "U8": 1, "F8_E4M3": 1, "F4": 1}


def size_of(kind, shape):
    """Bytes of a tensor."""
    size = SIZES[kind]
    for length in shape:
        size *= length
    return size


def write_sparse(path, tensors, data=None):
    """A file of the right size with a header, in which most of the data is a hole.

    tensors: type and shape by name; data: bytes by name.
    """
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, (kind, shape) in tensors.items():
        size = size_of(kind, shape)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, values in (data or {}).items():
            file.seek(8 + len(text) + header[name]["data_offsets"][0])
            file.write(values)
        file.truncate(8 + len(text) + offset)


def write_shards(folder, base, shards):
    """Several files and their index.

    shards: for each file, type and shape by name.
    """
    places = {}
    for number, tensors in enumerate(shards, 1):
        name = f"{base}-{number:05}-of-{len(shards):05}.safetensors"
        write_sparse(os.path.join(folder, name), tensors)
        places.update(dict.fromkeys(tensors, name))
    with open(os.path.join(folder, f"{base}.safetensors.index.json"), "w") as index:
        json.dump({"metadata": {}, "weight_map": places}, index)
